import {
  type Conversation,
  type ConversationId,
  isActive,
  type LogEvent,
  type OpenBatch,
  Refusal,
} from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseInboxPosition } from '../../src/delivery/inbox-position.ts'
import { addMembers, leaveConversation, removeMember } from '../../src/services/members.ts'
import { Backend, user } from '../backend.ts'
import { Collector } from '../delivery/collector.ts'
import { InboxClient } from './inbox-client.ts'

type Step =
  | { readonly kind: 'send' | 'add' | 'remove' | 'leave'; readonly room: number }
  | { readonly kind: 'create' | 'breathe' | 'hold' | 'release' }
  | { readonly kind: 'cut'; readonly share: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('send' as const), room: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('add', 'remove', 'leave'), room: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.constantFrom('create', 'breathe', 'hold', 'release').map(kind => ({ kind })) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('cut' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
)

const runs = Number(process.env.PROPERTY_RUNS ?? (process.env.ENGINE === 'postgres' ? 8 : 20))

/** Refusals are among what may happen; anything else is a fault. */
const allowed = (error: unknown): void => {
  if (!(error instanceof Refusal) || error.code === 'INTERNAL') throw error
}

/** A transaction that stays open, where there may be several: the marks of the store stand still meanwhile. */
class LongTransaction implements AsyncDisposable {
  readonly #backend: Backend
  readonly #room: Conversation
  #open: OpenBatch | undefined

  constructor(backend: Backend, room: Conversation) {
    this.#backend = backend
    this.#room = room
  }

  async hold(): Promise<void> {
    if (this.#backend.store.writers > 1)
      this.#open ??= await this.#backend.store.begin([{ conversations: [this.#room.id] }])
  }

  async release(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.[Symbol.asyncDispose]()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release()
  }
}

const logOf = async (backend: Backend, conversationId: ConversationId): Promise<readonly LogEvent[]> =>
  (await backend.store.latest.logPage({ conversationId, after: 0, limit: 1000 })).events

const byConversation = (events: readonly LogEvent[]): ReadonlyMap<ConversationId, readonly number[]> =>
  new Map(
    [...Map.groupBy(events, event => event.conversationId)].map(([id, list]) => [
      id,
      list.map(event => event.sequence),
    ]),
  )

const rising = (sequences: readonly number[]): readonly number[] => [...new Set(sequences)].sort((a, b) => a - b)

/** The events that bob must have of a log: those since he joined it last, if he is in it. */
const owed = async (backend: Backend, room: Conversation, start: number): Promise<readonly number[]> => {
  const log = await logOf(backend, room.id)
  const [membership] = await backend.store.latest.membershipsOf([{ conversationId: room.id, userId: user('bob') }])
  if (membership === undefined || !isActive(membership)) return []
  const from = Math.max(start, membership.joinedSequence - 1)
  return log.map(({ sequence }) => sequence).filter(sequence => sequence > from)
}

const play = async (backend: Backend, steps: readonly Step[]): Promise<void> => {
  const marker = await backend.create('alice', { members: ['bob'] })
  await using held = new LongTransaction(backend, await backend.create('alice'))
  const rooms: Conversation[] = []
  for (let index = 0; index < 3; index += 1) rooms.push(await backend.create('alice', { members: ['bob'] }))
  const starts = new Map(rooms.map(room => [room.id, room.lastSequence]))
  using bob = new InboxClient(backend, 'bob', { from: await backend.inboxPosition('bob') })
  await bob.connect()
  const running: Promise<unknown>[] = []
  const settled = async (): Promise<void> => void (await Promise.all(running.splice(0)))
  for (const one of steps) {
    switch (one.kind) {
      case 'breathe':
        await settled()
        break
      case 'hold':
      case 'release':
        await held[one.kind]()
        break
      case 'cut':
        bob.cut(one.share)
        await bob.connect()
        break
      case 'create':
        running.push(backend.create('alice', { members: ['bob'] }).then(room => rooms.push(room)))
        break
      default: {
        const room = rooms[one.room % rooms.length]
        if (room === undefined) break
        const of = { conversationId: room.id }
        const answered = {
          send: () => backend.send('alice', room, 'hello'),
          add: () => backend.run(addMembers, 'alice', { ...of, userIds: [user('bob')] }),
          remove: () => backend.run(removeMember, 'alice', { ...of, userId: user('bob') }),
          leave: () => backend.run(leaveConversation, 'bob', of),
        }[one.kind]()
        running.push(Promise.resolve<unknown>(answered).catch(allowed))
      }
    }
  }
  await settled()
  const last = await backend.send('alice', marker, 'the last of all')
  const owing = await Promise.all(rooms.map(room => owed(backend, room, starts.get(room.id) ?? 0)))
  const heads = rooms.map((room, index) => [room.id, owing[index]?.at(-1) ?? 0] as const)
  const hasAll = ({ sequences }: InboxClient): boolean =>
    sequences.get(marker.id) === last.sequence && heads.every(([id, head]) => (sequences.get(id) ?? 0) >= head)
  await bob.until(hasAll)
  const had = byConversation(bob.events)
  for (const [index, room] of rooms.entries()) {
    const sequences = had.get(room.id) ?? []
    expect(sequences, 'each once and in order').toEqual(rising(sequences))
    expect(sequences, 'without a hole').toEqual(expect.arrayContaining([...(owing[index] ?? [])]))
  }
  await requireExactPlaces(backend, bob, rooms)
  await held.release()
  await requireExactPlaces(backend, bob, rooms)
}

/** Whoever comes back at any place has what follows it, and nothing of what came before it. */
const requireExactPlaces = async (
  backend: Backend,
  bob: InboxClient,
  rooms: readonly Conversation[],
): Promise<void> => {
  const { taken } = bob
  const chosen = [0.3, 0.6, 1].map(share => Math.round(taken.length * share))
  for (const count of chosen) {
    const from = taken[count - 1]?.place
    if (from === undefined) continue
    const had = new Map(taken.slice(0, count).map(({ event }) => [event?.conversationId, event?.sequence ?? 0]))
    using back = await Collector.inbox(backend, 'bob', { from })
    await back.until(({ items }) => items.some(({ kind }) => kind === 'position'), 'going live')
    expect(back.items.filter(({ kind }) => kind === 'refused')).toEqual([])
    const came = byConversation(back.events)
    for (const { id } of rooms) {
      const sequences = came.get(id) ?? []
      expect(sequences.filter(sequence => sequence <= (had.get(id) ?? 0))).toEqual([])
      const [known] = await backend.store.latest.membershipsOf([{ conversationId: id, userId: user('bob') }])
      const knew = had.get(id)
      if (known === undefined || !isActive(known) || knew === undefined) continue
      const log = (await logOf(backend, id)).map(({ sequence }) => sequence)
      expect(sequences).toEqual(log.filter(sequence => sequence > knew))
    }
  }
}

const isTold = ({ items }: Collector): boolean => items.some(({ kind }) => kind === 'position')
const toldBy = ({ items }: Collector): readonly string[] =>
  items.flatMap(item => (item.kind === 'position' ? [item.position] : []))

describe("an inbox's position", () => {
  it('is right after what was delivered last, whatever happens: 0 twice, 0 missing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async steps => {
        await using backend = await Backend.open(undefined, {
          positionEveryMs: 5,
          inboxEveryMs: 40,
          compareEveryMs: 20,
        })
        await play(backend, steps)
      }),
      { numRuns: runs },
    )
  }, 120_000)

  it('does not go back when the conversations were read from the store before an event and it is told after it', async () => {
    await using backend = await Backend.open(undefined, { positionEveryMs: 100, inboxEveryMs: 10, compareEveryMs: 10 })
    const room = await backend.create('alice', { members: ['bob'] })
    using bob = await Collector.inbox(backend, 'bob')
    await bob.until(isTold, 'a position')
    for (let round = 0; round < 5; round += 1) {
      const reads = backend.reads.count
      // Its time has come, and the store was read again and again meanwhile.
      await new Promise(resolve => setTimeout(resolve, 120))
      expect(backend.reads.count).toBeGreaterThan(reads)
      const told = toldBy(bob).length
      const sent = await backend.send('alice', room, `round ${round}`)
      await bob.until(({ events }) => events.at(-1)?.sequence === sent.sequence, 'the event')
      await bob.until(collector => toldBy(collector).length > told, 'another position')
      using back = await Collector.inbox(backend, 'bob', { from: toldBy(bob).at(-1) })
      await back.until(isTold, 'going live')
      expect(back.events).toEqual([])
    }
    const marks = toldBy(bob).map(text => Number.parseInt(parseInboxPosition(text)?.mark?.slice(1) ?? '', 36))
    expect(marks).toEqual(marks.toSorted((one, other) => one - other))
  })

  it('is told once more when nothing flows any more', async () => {
    await using backend = await Backend.open(undefined, { positionEveryMs: 50 })
    const room = await backend.create('alice', { members: ['bob'] })
    using bob = await Collector.inbox(backend, 'bob')
    await bob.until(isTold, 'a position')
    await backend.send('alice', room, 'the last for today')
    await bob.until(collector => toldBy(collector).length > 1, 'another position')
    expect(bob.items.map(({ kind }) => kind)).toEqual(['position', 'event', 'position'])
  })

  it('of a snapshot is exact while a commit of somebody else is on its way', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const left = await backend.create('alice', { members: ['bob'] })
    await using held = new LongTransaction(backend, await backend.create('alice'))
    await held.hold()
    await backend.send('alice', room, 'seen')
    await backend.run(leaveConversation, 'bob', { conversationId: left.id })
    const joined = await backend.create('alice', { members: ['bob'] })
    const from = await backend.inboxPosition('bob')
    const missed = await backend.send('alice', room, 'missed')
    using bob = await Collector.inbox(backend, 'bob', { from })
    await bob.until(isTold, 'going live')
    expect(bob.items.map(({ kind }) => kind)).toEqual(['event', 'position'])
    expect(bob.events[0]).toMatchObject({ conversationId: room.id, sequence: missed.sequence })
    using again = await Collector.inbox(backend, 'bob', { from: toldBy(bob).at(-1) })
    await again.until(isTold, 'going live')
    expect(again.events).toEqual([])
    await backend.send('alice', joined, 'more')
    await again.until(({ events }) => events.length === 1, 'the message')
    await backend.run(removeMember, 'alice', { conversationId: joined.id, userId: user('bob') })
    await again.until(({ events }) => events.length === 2, 'the removal')
    const places = [again.stream.inbox?.place, await backend.inboxPosition('bob')]
    await held.release()
    for (const place of places) {
      using third = await Collector.inbox(backend, 'bob', { from: place })
      await third.until(isTold, 'going live')
      expect(third.items.map(({ kind }) => kind)).toEqual(['position'])
    }
  })
})
