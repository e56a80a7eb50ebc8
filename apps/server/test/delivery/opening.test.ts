import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type MessageStore, newUser, unavailable } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { Hub } from '../../src/delivery/streams/hub.ts'
import { SubscriptionService } from '../../src/delivery/streams/subscription-service.ts'
import { openSqliteStore } from '../../src/infrastructure/storage/sqlite/message-store.ts'
import { removeMember } from '../../src/services/commands/members.ts'
import { updateMessage } from '../../src/services/commands/messages.ts'
import { actor, Backend, silentLog, user } from '../backend.ts'
import type { Collector } from './collector.ts'
import { LosingBus } from './losing-bus.ts'

/** The real store, each of whose answers to one kind of read first waits for a step of the test: as a store over a network. */
const slowed = (
  store: MessageStore,
  read: 'inbox.ofUsers' | 'log.memberships' | 'log.heads',
  step: () => Promise<void>,
): MessageStore => {
  const [topic, method] = read.split('.')
  const slow = (reads: object) =>
    new Proxy(reads, {
      get(target, name) {
        const found: unknown = Reflect.get(target, name)
        if (typeof found !== 'function' || name !== method) return found
        return async (...given: unknown[]) => {
          const answer: unknown = await found.apply(target, given)
          await step()
          return answer
        }
      },
    })
  const latest = new Proxy(store.latest, {
    get(target, name) {
      const reads: unknown = Reflect.get(target, name, target)
      return name === topic && typeof reads === 'object' && reads !== null ? slow(reads) : reads
    },
  })
  return new Proxy(store, {
    get(target, name) {
      if (name === 'latest') return latest
      const found: unknown = Reflect.get(target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}

const drain = (stream: Collector['stream']) => {
  const items = []
  for (let item = stream.take(); item !== undefined; item = stream.take()) items.push(item)
  return items
}
const settle = (ms = 30) => new Promise<void>(resolve => setTimeout(resolve, ms))

describe('opening a stream over a store that takes its time', () => {
  it.each(['inbox', 'conversation'] as const)(
    'removed while their %s is opened: an event before the removal never carries a later edit',
    async kind => {
      await using backend = await Backend.open()
      const room = await backend.create('alice', { members: ['bob'] })
      let armed = false
      let messageId: Awaited<ReturnType<typeof backend.send>>['id'] | undefined
      const store = slowed(backend.store, kind === 'inbox' ? 'inbox.ofUsers' : 'log.memberships', async () => {
        if (!armed || messageId === undefined) return
        armed = false
        await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
        await backend.run(updateMessage, 'alice', {
          messageId,
          content: { text: 'not for bob', format: 'PLAIN' },
          expectedVersion: null,
        })
      })
      using hub = new Hub({ store, bus: backend.bus, log: silentLog })
      const subscriptionService = new SubscriptionService(hub)
      const other = subscriptionService.open(user('alice'), { streamReady: () => undefined })
      await subscriptionService.follow(other, actor('alice'), room.id, {})
      drain(other)
      const message = await backend.send('alice', room, 'first') // 4, in the ring
      messageId = message.id
      armed = true
      const bob = subscriptionService.open(user('bob'), { streamReady: () => undefined })
      if (kind === 'inbox') await subscriptionService.followInbox(bob, { after: new Map([[room.id, 3]]) })
      else await subscriptionService.follow(bob, actor('bob'), room.id, { after: 3 })
      const items = drain(bob)
      await settle()
      items.push(...drain(bob))
      bob.close()
      other.close()
      expect(JSON.stringify(items)).not.toContain('not for bob')
    },
  )

  it('an inbox that cannot be opened leaves nothing listened to', async () => {
    await using backend = await Backend.open()
    await backend.create('alice', { members: ['bob'] })
    const left = await backend.create('alice', { members: ['bob'] })
    await backend.run(removeMember, 'alice', { conversationId: left.id, userId: user('bob') })
    const bus = new LosingBus()
    const store = slowed(backend.store, 'log.heads', async () => {
      throw unavailable('The database does not answer.')
    })
    using hub = new Hub({ store, bus, log: silentLog, compareEveryMs: 1_000_000 })
    const subscriptionService = new SubscriptionService(hub)
    const bob = subscriptionService.open(user('bob'), { streamReady: () => undefined })
    await expect(subscriptionService.followInbox(bob, { after: new Map([[left.id, 1]]) })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    bob.close()
    expect(bus.listening).toBe(0)
  })
})

describe('a database that another process has locked for writing', () => {
  it('does not stop the event loop', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'messenger-'))
    const file = join(folder, 'messenger.db')
    const store = await openSqliteStore({ file })
    const foreign = new DatabaseSync(file)
    try {
      foreign.exec('begin immediate')
      const before = performance.now()
      let longest = 0
      let at = before
      const timer = setInterval(() => {
        longest = Math.max(longest, performance.now() - at)
        at = performance.now()
      }, 10)
      await store.begin([{ users: [newUser(user('ann'), 0).id] }]).then(
        batch => batch[Symbol.asyncDispose](),
        () => undefined,
      )
      await settle(20)
      clearInterval(timer)
      expect(longest).toBeLessThan(1000)
    } finally {
      foreign.close()
      await store[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    }
  })
})
