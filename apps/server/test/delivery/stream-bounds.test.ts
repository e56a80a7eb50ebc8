import { describe, expect, it } from 'vitest'
import { Hub } from '../../src/delivery/streams/hub.ts'
import { SubscriptionService } from '../../src/delivery/streams/subscription-service.ts'
import { createConversation } from '../../src/services/commands/conversations.ts'
import { removeMember } from '../../src/services/commands/members.ts'
import { actor, Backend, user } from '../backend.ts'
import { until } from '../support/until.ts'
import type { Collector } from './collector.ts'

const settle = (ms = 30) => new Promise<void>(resolve => setTimeout(resolve, ms))
const drain = (stream: Collector['stream']) => {
  const items = []
  for (let item = stream.take(); item !== undefined; item = stream.take()) items.push(item)
  return items
}

describe('slow mode', () => {
  it('waits no longer than its own length after the clock was set back', async () => {
    await using backend = await Backend.open()
    const room = await backend.run(createConversation, 'alice', {
      kind: 'GROUP',
      name: 'a room',
      topic: null,
      memberIds: [user('bob')],
      settings: { slowModeSeconds: 5 },
      idempotencyKey: null,
      key: null,
      metadata: null,
    })
    backend.clock.advance(3600)
    await backend.send('bob', room, 'one')
    backend.clock.advance(-3600)
    backend.clock.advance(6)
    await expect(backend.send('bob', room, 'two')).resolves.toMatchObject({ version: 1 })
  })
})

describe('a subscription to the reactions of one message', () => {
  it('brings reactions and positions only, also when its viewer is removed', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const message = await backend.send('alice', room, 'hi')
    const stream = backend.subscriptionService.open(user('bob'), { streamReady: () => undefined })
    await backend.subscriptionService.followReactions(stream, actor('bob'), message.id, {})
    drain(stream)
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    const types = drain(stream).flatMap(item => (item.kind === 'event' ? [item.event.type] : []))
    stream.close()
    expect(types).toEqual([])
  })
})

describe('a reader that rests while others read on', () => {
  it('is not held up by an event that was pushed out of the cache of rows', async () => {
    await using backend = await Backend.open()
    const errors: string[] = []
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (_: object, text: string) => void errors.push(text),
    }
    using hub = new Hub({ store: backend.store, bus: backend.bus, log, compareEveryMs: 1_000_000 })
    const subscriptionService = new SubscriptionService(hub)
    const room = await backend.create('alice', { members: ['bob'] })
    await Promise.all(Array.from({ length: 3000 }, (_, index) => backend.send('alice', room, `m${index}`)))
    const slow = subscriptionService.open(user('bob'), { streamReady: () => undefined })
    await subscriptionService.follow(slow, actor('bob'), room.id, { after: 3 })
    slow.take() // the page is fetched
    await settle()
    let seen = 0
    const fast = subscriptionService.open(user('alice'), {
      streamReady() {
        seen += drain(fast).length
      },
    })
    await subscriptionService.follow(fast, actor('alice'), room.id, { after: 0 })
    await until(
      () => seen >= 3000,
      () => `the fast reader has read on: ${seen}`,
    )
    let got = drain(slow)
    await until(() => {
      if (got.length === 0) got = drain(slow)
      return got.length > 0
    }, 'the slow reader gets what it asked for')
    fast.close()
    slow.close()
    expect(errors).toEqual([])
    expect(got.length).toBeGreaterThan(0)
  })
})

describe('an inbox with many conversations behind', () => {
  it('that is taken from once and then not at all reads a bounded number of pages', async () => {
    await using backend = await Backend.open()
    const rooms = await Promise.all(Array.from({ length: 500 }, () => backend.create('alice', { members: ['bob'] })))
    const from = await backend.inboxPosition('bob')
    await Promise.all(rooms.map(room => backend.send('alice', room, 'x')))
    const stream = backend.subscriptionService.open(user('bob'), { streamReady: () => undefined })
    await backend.subscriptionService.followInbox(stream, { from })
    const before = backend.reads.count
    stream.take()
    await settle(500)
    stream.close()
    expect(backend.reads.count - before).toBeLessThan(200)
  })
})
