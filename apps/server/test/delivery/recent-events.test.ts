import type { Conversation } from '@cpc-messenger/messenger'
import { describe, expect, it, vi } from 'vitest'
import type { DeliveredEvent } from '../../src/delivery/log/stream-item.ts'
import type { EventStream } from '../../src/delivery/streams/event-stream.ts'
import { InProcessEventBus } from '../../src/infrastructure/bus/in-process/event-bus.ts'
import { deleteConversation } from '../../src/services/commands/conversations.ts'
import { removeMember } from '../../src/services/commands/members.ts'
import { deleteMessage, updateMessage } from '../../src/services/commands/messages.ts'
import { actor, Backend, silentLog, user } from '../backend.ts'
import { Collector } from './collector.ts'
import { LosingBus } from './losing-bus.ts'

const never = { compareEveryMs: 1_000_000, inboxEveryMs: 1_000_000 }
const isLive = ({ items }: Collector): boolean => items.some(item => item.kind === 'position' && item.live)

const open = (bus = new LosingBus(), hub = {}) => Backend.open(bus, { ...never, ...hub })

const follow = async (backend: Backend, name: string, room: Conversation, after?: number): Promise<Collector> => {
  const collector = await Collector.conversation(backend, name, room, { after })
  await collector.until(isLive, 'the head')
  return collector
}

/** A user followed the conversation until now: the events of that time are in memory. */
const followFor = async (backend: Backend, room: Conversation, work: () => Promise<unknown>): Promise<void> => {
  using _collector = await follow(backend, 'alice', room)
  await work()
}

const edit = (backend: Backend, message: Awaited<ReturnType<Backend['send']>>, text: string) =>
  backend.run(updateMessage, 'alice', {
    messageId: message.id,
    content: { text, format: 'PLAIN' },
    expectedVersion: null,
  })

/** A subscriber that resumes from the beginning, and takes nothing until `resume`. */
class Returning {
  readonly name: string
  readonly stream: EventStream
  readonly #backend: Backend
  readonly #taken: DeliveredEvent[] = []

  constructor(backend: Backend, name: string) {
    this.name = name
    this.#backend = backend
    this.stream = backend.subscriptionService.open(user(name), { streamReady: () => undefined })
  }

  follow(room: Conversation): Promise<number> {
    return this.#backend.subscriptionService.follow(this.stream, actor(this.name), room.id, { after: 0 })
  }

  /** All that it was sent so far. */
  take(): readonly DeliveredEvent[] {
    for (let item = this.stream.take(); item !== undefined; item = this.stream.take())
      if (item.kind === 'event') this.#taken.push(item)
    return this.#taken
  }
}

describe('a conversation without followers', () => {
  it('serves clients that reconnect from memory, including events that were received meanwhile', async () => {
    await using backend = await open()
    const room = await backend.create('alice', { members: ['bob'] })
    await followFor(backend, room, () => backend.send('alice', room, 'one'))
    await backend.send('alice', room, 'two')
    const before = await backend.readsSoFar()
    using bob = await follow(backend, 'bob', room, room.lastSequence)
    expect(bob.texts).toEqual(['one', 'two'])
    // The head and bob's membership; no page.
    expect(backend.reads.count - before).toBe(1)
  })

  it('is subscribed to on the bus no longer than it stays in memory', async () => {
    const bus = new LosingBus()
    await using backend = await open(bus, { lingerMs: 20 })
    const room = await backend.create('alice')
    await followFor(backend, room, () => backend.send('alice', room, 'one'))
    expect(bus.listening).toBe(1)
    await vi.waitFor(async () => {
      await backend.hub.comparison.run()
      expect(bus.listening).toBe(0)
    })
    expect(backend.hub.logs.topics.recentBytes).toBe(0)
  })

  it('is dropped at once if it has no events in memory, or was deleted', async () => {
    const bus = new LosingBus()
    await using backend = await open(bus)
    const [quiet, gone] = [await backend.create('alice'), await backend.create('alice')]
    await followFor(backend, quiet, async () => undefined)
    await followFor(backend, gone, async () => {
      await backend.send('alice', gone, 'one')
      await backend.run(deleteConversation, 'alice', { conversationId: gone.id })
    })
    expect(bus.listening).toBe(0)
    expect(backend.hub.logs.topics.recentBytes).toBe(0)
  })

  it('is cleared when an announcement was lost, and no subscriber misses anything', async () => {
    const bus = new LosingBus()
    await using backend = await open(bus)
    const room = await backend.create('alice', { members: ['bob'] })
    await followFor(backend, room, () => backend.send('alice', room, 'one'))
    bus.losing = true
    await backend.send('alice', room, 'lost')
    bus.losing = false
    using bob = await follow(backend, 'bob', room, room.lastSequence)
    await backend.send('alice', room, 'three')
    await bob.until(({ texts }) => texts.includes('three'), 'the third')
    expect(bob.texts).toEqual(['one', 'lost', 'three'])
  })
})

describe('what was edited or deleted', () => {
  it.each([
    ['received with a follower', false, true],
    ['received without a follower', false, false],
    ['not received', true, false],
  ])('is not delivered from memory (%s)', async (_, lost, followed) => {
    const bus = new LosingBus()
    await using backend = await open(bus)
    const room = await backend.create('alice', { members: ['bob'] })
    const change = async (): Promise<void> => {
      bus.losing = lost
      const [first, second] = sent
      if (first !== undefined) await edit(backend, first, 'edited')
      if (second !== undefined) await backend.run(deleteMessage, 'alice', { messageId: second.id })
      bus.losing = false
    }
    const sent: Awaited<ReturnType<Backend['send']>>[] = []
    await followFor(backend, room, async () => {
      sent.push(await backend.send('alice', room, 'first words'), await backend.send('alice', room, 'second words'))
      if (followed) await change()
    })
    if (!followed) await change()
    using bob = await follow(backend, 'bob', room, room.lastSequence)
    expect(bob.sequences).toEqual([1, 2, 3, 4].map(step => room.lastSequence + step))
    expect(bob.texts).toEqual(['edited', 'edited'])
    expect(JSON.stringify(bob.items)).not.toMatch(/first words|second words/)
  })

  it('is not delivered from a page that was read before it and arrives after it', async () => {
    await using backend = await open()
    const room = await backend.create('alice', { members: ['bob'] })
    const message = await backend.send('alice', room, 'first words')
    const page = await backend.store.latest.log.page({ conversationId: room.id, after: 0, limit: 100 })
    using alice = await follow(backend, 'alice', room)
    const topic = alice.stream.listen(room.id)
    await edit(backend, message, 'edited')
    expect(topic.prependBacklog(page)).toBe(true)
    using bob = await follow(backend, 'bob', room, room.lastSequence)
    expect(bob.sequences).toEqual([1, 2].map(step => room.lastSequence + step))
    expect(bob.texts).toEqual(['edited', 'edited'])
  })
})

describe('many that resume a conversation that is not in memory', () => {
  it('at as many places cost a handful of reads', async () => {
    await using backend = await open()
    const names = Array.from({ length: 300 }, (_, index) => `user${index}`)
    const room = await backend.create('alice', { members: names.slice(0, 99) })
    await Promise.all(Array.from({ length: 400 }, (_, index) => backend.send('alice', room, `m${index}`)))
    const [{ head = 0 } = {}] = await backend.store.latest.log.heads([room.id])
    const before = backend.reads.count
    const back = await Promise.all(
      Array.from({ length: 297 }, async (_, index) => {
        const after = room.lastSequence + index
        return { after, collector: await follow(backend, names[index % 99] ?? '', room, after) }
      }),
    )
    for (const { after, collector } of back) {
      expect(collector.sequences).toEqual(Array.from({ length: head - after }, (_, index) => after + index + 1))
      collector[Symbol.dispose]()
    }
    expect(backend.reads.count - before).toBeLessThan(30)
  })

  it('get the same objects, so that frames are encoded once', async () => {
    await using backend = await open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    for (const text of ['one', 'two', 'three']) await backend.send('alice', room, text)
    const [bob, carol, everything] = await Promise.all([
      follow(backend, 'bob', room, room.lastSequence),
      follow(backend, 'carol', room, room.lastSequence + 1),
      Collector.inbox(backend, 'carol', { after: new Map([[room.id, room.lastSequence]]) }),
    ])
    await everything.until(({ events }) => events.length === 3, 'all three')
    expect(carol.events[1]).toBe(bob.events[2])
    expect(everything.events[2]).toBe(bob.events[2])
    for (const collector of [bob, carol, everything]) collector[Symbol.dispose]()
  })

  it.each([false, true])(
    'while one of them is removed: that one gets the MemberLeft and nothing after it (announcement lost: %s)',
    async lost => {
      const bus = new LosingBus()
      await using backend = await open(bus)
      const room = await backend.create('alice', { members: ['bob', 'carol'] })
      const message = await backend.send('alice', room, 'one')
      const [removed, edited] = [message.sequence + 1, message.sequence + 2]
      const back = ['bob', 'carol', 'bob', 'carol'].map(name => new Returning(backend, name))
      await Promise.all(back.map(one => one.follow(room)))
      bus.losing = lost
      await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
      await edit(backend, message, 'not for bob')
      bus.losing = false
      await backend.hub.comparison.run()
      for (const one of back) {
        const last = one.name === 'bob' ? removed : edited
        await vi.waitFor(() => expect(one.take().at(-1)?.event.sequence).toBe(last))
        const texts = JSON.stringify(one.take())
        expect(texts.includes('not for bob')).toBe(one.name === 'carol')
        // A removed user does not get rows of earlier events that have changed since.
        const known = room.lastSequence
        const theirs = [...Array.from({ length: known }, (_, index) => index + 1), removed]
        if (one.name === 'bob') expect(theirs).toEqual(expect.arrayContaining(one.take().map(e => e.event.sequence)))
        one.stream.close()
      }
    },
  )
})

describe('the memory of recent events', () => {
  it('is bounded over all conversations, and what it has no room for is read again', async () => {
    const recentBytes = 100_000
    await using backend = await Backend.open(new InProcessEventBus(silentLog), { ...never, recentBytes })
    const rooms = await Promise.all(Array.from({ length: 5 }, () => backend.create('alice', { members: ['bob'] })))
    const listeners = await Promise.all(rooms.map(room => follow(backend, 'alice', room)))
    for (let turn = 0; turn < 40; turn += 1) {
      await Promise.all(rooms.map(room => backend.send('alice', room, `${turn}`.padEnd(100, 'x'))))
      expect(backend.hub.logs.topics.recentBytes).toBeGreaterThan(0)
      expect(backend.hub.logs.topics.recentBytes).toBeLessThanOrEqual(recentBytes)
    }
    for (const room of rooms) {
      using bob = await follow(backend, 'bob', room, room.lastSequence)
      expect(bob.events).toHaveLength(40)
      expect(backend.hub.logs.topics.recentBytes).toBeLessThanOrEqual(recentBytes)
    }
    for (const listener of listeners) listener[Symbol.dispose]()
  })

  it('may be too small for a single event: every subscriber gets everything', async () => {
    await using backend = await open(undefined, { recentBytes: 10 })
    const room = await backend.create('alice', { members: ['bob'] })
    using alice = await follow(backend, 'alice', room)
    for (const text of ['one', 'two', 'three']) await backend.send('alice', room, text)
    await alice.until(({ texts }) => texts.length === 3, 'all three')
    using bob = await follow(backend, 'bob', room, room.lastSequence)
    expect(bob.texts).toEqual(['one', 'two', 'three'])
    expect(backend.hub.logs.topics.recentBytes).toBe(0)
  })
})
