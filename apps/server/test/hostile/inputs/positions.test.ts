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
import { parseInboxPosition } from '../../../src/delivery/inbox/inbox-position.ts'
import type { InboxStart } from '../../../src/delivery/streams/subscription-service.ts'
import { addMembers, leaveConversation, removeMember } from '../../../src/services/commands/members.ts'
import { Backend, user } from '../../backend.ts'
import { Collector } from '../../delivery/collector.ts'
import { useOwnPostgres } from '../../support/postgres.ts'
import { InboxClient } from '../clients/inbox-client.ts'

useOwnPostgres()

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

/** A transaction that stays open, where there may be several: the store's marks do not advance meanwhile. */
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
  (await backend.store.latest.log.page({ conversationId, after: 0, limit: 1000 })).events

const byConversation = (events: readonly LogEvent[]): ReadonlyMap<ConversationId, readonly number[]> =>
  new Map(
    [...Map.groupBy(events, event => event.conversationId)].map(([id, list]) => [
      id,
      list.map(event => event.sequence),
    ]),
  )

const rising = (sequences: readonly number[]): readonly number[] => [...new Set(sequences)].sort((a, b) => a - b)

/** The events that bob must have of a log: those since he joined it last, if he is in it. */
const pending = async (backend: Backend, room: Conversation, start: number): Promise<readonly number[]> => {
  const log = await logOf(backend, room.id)
  const [membership] = await backend.store.latest.members.byPairs([{ conversationId: room.id, userId: user('bob') }])
  if (membership === undefined || !isActive(membership)) return []
  const from = Math.max(start, membership.joinedSequence - 1)
  return log.map(({ sequence }) => sequence).filter(sequence => sequence > from)
}

const starts = ['from', 'after', 'now'] as const

const startOf = async (
  kind: (typeof starts)[number],
  backend: Backend,
  known: ReadonlyMap<ConversationId, number>,
): Promise<InboxStart> => {
  if (kind === 'from') return { from: await backend.inboxPosition('bob') }
  return kind === 'after' ? { after: known } : {}
}

const play = async (backend: Backend, kind: (typeof starts)[number], steps: readonly Step[]): Promise<void> => {
  const marker = await backend.create('alice', { members: ['bob'] })
  await using held = new LongTransaction(backend, await backend.create('alice'))
  const rooms: Conversation[] = []
  for (let index = 0; index < 3; index += 1) rooms.push(await backend.create('alice', { members: ['bob'] }))
  const known = new Map([marker, ...rooms].map(room => [room.id, room.lastSequence]))
  using bob = new InboxClient(backend, 'bob', await startOf(kind, backend, known))
  await bob.connect()
  // A user who begins from now has nothing to reconnect with before the first item.
  if (kind === 'now') await bob.until(({ taken }) => taken.length > 0)
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
  const owing = await Promise.all(rooms.map(room => pending(backend, room, known.get(room.id) ?? 0)))
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

/** A user who reconnects at any place has what follows it, and nothing of what came before it. */
const requireExactPlaces = async (
  backend: Backend,
  bob: InboxClient,
  rooms: readonly Conversation[],
): Promise<void> => {
  const { taken } = bob
  const chosen = [0.3, 0.6, 1].map(share => Math.round(taken.length * share))
  for (const count of chosen) {
    const from = taken[count - 1]?.place
    if (from === undefined || parseInboxPosition(from)?.mark === undefined) continue
    const had = new Map(taken.slice(0, count).map(({ event }) => [event?.conversationId, event?.sequence ?? 0]))
    using back = await Collector.inbox(backend, 'bob', { from })
    await back.until(({ items }) => items.some(({ kind }) => kind === 'position'), 'going live')
    expect(back.items.filter(({ kind }) => kind === 'refused')).toEqual([])
    const came = byConversation(back.events)
    for (const { id } of rooms) {
      const sequences = came.get(id) ?? []
      expect(sequences.filter(sequence => sequence <= (had.get(id) ?? 0))).toEqual([])
      const [known] = await backend.store.latest.members.byPairs([{ conversationId: id, userId: user('bob') }])
      const knew = had.get(id)
      if (known === undefined || !isActive(known) || knew === undefined) continue
      const log = (await logOf(backend, id)).map(({ sequence }) => sequence)
      expect(sequences).toEqual(rising(sequences))
      // A user who has left and joined again meanwhile gets all since the joining, and may get what was before it.
      const after = Math.max(knew, known.joinedSequence - 1)
      expect(sequences.filter(sequence => sequence > after)).toEqual(log.filter(sequence => sequence > after))
    }
  }
}

const isNotified = ({ items }: Collector): boolean => items.some(({ kind }) => kind === 'position')
const receivedBy = ({ items }: Collector): readonly string[] =>
  items.flatMap(item => (item.kind === 'position' ? [item.position] : []))

describe("an inbox's position", () => {
  it('is right after the last delivered event, after any steps: 0 duplicates, 0 missing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...starts),
        fc.array(step, { minLength: 5, maxLength: 60 }),
        async (kind, steps) => {
          await using backend = await Backend.open(undefined, {
            positionEveryMs: 5,
            inboxEveryMs: 40,
            compareEveryMs: 20,
          })
          await play(backend, kind, steps)
        },
      ),
      { numRuns: runs, endOnFailure: true },
    )
  }, 120_000)

  it('does not go back when the conversations were read from the store before an event and it is sent after it', async () => {
    await using backend = await Backend.open(undefined, { positionEveryMs: 100, inboxEveryMs: 10, compareEveryMs: 10 })
    const room = await backend.create('alice', { members: ['bob'] })
    using bob = await Collector.inbox(backend, 'bob')
    await bob.until(isNotified, 'a position')
    for (let round = 0; round < 5; round += 1) {
      const reads = backend.reads.count
      // Its time has come, and the store was read again and again meanwhile.
      await new Promise(resolve => setTimeout(resolve, 120))
      expect(backend.reads.count).toBeGreaterThan(reads)
      const before = receivedBy(bob).length
      const sent = await backend.send('alice', room, `round ${round}`)
      await bob.until(({ events }) => events.at(-1)?.sequence === sent.sequence, 'the event')
      await bob.until(collector => receivedBy(collector).length > before, 'another position')
      using back = await Collector.inbox(backend, 'bob', { from: receivedBy(bob).at(-1) })
      await back.until(isNotified, 'going live')
      expect(back.events).toEqual([])
    }
    const marks = receivedBy(bob).map(text => Number.parseInt(parseInboxPosition(text)?.mark?.slice(1) ?? '', 36))
    expect(marks).toEqual(marks.toSorted((one, other) => one - other))
  })

  it('is sent once more when no events arrive any more', async () => {
    await using backend = await Backend.open(undefined, { positionEveryMs: 50 })
    const room = await backend.create('alice', { members: ['bob'] })
    using bob = await Collector.inbox(backend, 'bob')
    await bob.until(isNotified, 'a position')
    await backend.send('alice', room, 'the last for today')
    await bob.until(collector => receivedBy(collector).length > 1, 'another position')
    expect(bob.items.map(({ kind }) => kind)).toEqual(['position', 'event', 'position'])
  })

  it('of a snapshot is exact while a commit of someone else is on its way', async () => {
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
    await bob.until(isNotified, 'going live')
    expect(bob.items.map(({ kind }) => kind)).toEqual(['event', 'position'])
    expect(bob.events[0]).toMatchObject({ conversationId: room.id, sequence: missed.sequence })
    using again = await Collector.inbox(backend, 'bob', { from: receivedBy(bob).at(-1) })
    await again.until(isNotified, 'going live')
    expect(again.events).toEqual([])
    await backend.send('alice', joined, 'more')
    await again.until(({ events }) => events.length === 1, 'the message')
    await backend.run(removeMember, 'alice', { conversationId: joined.id, userId: user('bob') })
    await again.until(({ events }) => events.length === 2, 'the removal')
    const places = [again.stream.inbox?.positionText, await backend.inboxPosition('bob')]
    await held.release()
    for (const place of places) {
      using third = await Collector.inbox(backend, 'bob', { from: place })
      await third.until(isNotified, 'going live')
      expect(third.items.map(({ kind }) => kind)).toEqual(['position'])
    }
  })

  it('has room for few of many conversations that are replayed: cut in the middle, nothing is missing', async () => {
    await using backend = await Backend.open(undefined, { positionEveryMs: 5 })
    const rooms = await Promise.all(Array.from({ length: 80 }, () => backend.create('alice', { members: ['bob'] })))
    const from = await backend.inboxPosition('bob')
    const heads = new Map<string, number>()
    for (const text of ['one', 'two'])
      for (const { conversationId, sequence } of await Promise.all(
        rooms.map(room => backend.send('alice', room, text)),
      ))
        heads.set(conversationId, sequence)
    const hasAll = (events: readonly LogEvent[]): boolean => {
      const had = new Map(events.map(({ conversationId, sequence }) => [conversationId, sequence]))
      return rooms.every(({ id }) => had.get(id) === heads.get(id))
    }
    using first = await Collector.inbox(backend, 'bob', { from })
    await first.until(({ events, items }) => hasAll(events) && items.at(-1)?.kind === 'position', 'all')
    expect(receivedBy(first).at(-1)).toMatch(/^m\w+$/)
    for (const share of [0.2, 0.5, 0.9]) {
      using bob = new InboxClient(backend, 'bob', { from })
      await bob.connect()
      await bob.until(({ events }) => events.length === 160)
      bob.cut(share)
      expect(bob.taken.every(({ place }) => place.length < 2000)).toBe(true)
      await bob.connect()
      await bob.until(({ events }) => hasAll(events))
      const had = byConversation(bob.events)
      for (const { id, lastSequence } of rooms)
        expect(rising(had.get(id) ?? [])).toEqual([lastSequence + 1, lastSequence + 2])
    }
  })

  it('moves its mark on early where it lists many conversations', async () => {
    await using backend = await Backend.open(undefined, { inboxEveryMs: 3_600_000, compareEveryMs: 50 })
    const rooms = await Promise.all(Array.from({ length: 20 }, () => backend.create('alice', { members: ['bob'] })))
    using bob = await Collector.inbox(backend, 'bob')
    await bob.until(isNotified, 'a position')
    const listed = () => parseInboxPosition(bob.stream.inbox?.positionText ?? '')?.sequences.size ?? 0
    await Promise.all(rooms.map(room => backend.send('alice', room, 'one')))
    // A comparison may move the mark on as soon as many are listed.
    let most = 0
    await bob.until(({ events }) => {
      most = Math.max(most, listed())
      return events.length === 20
    }, 'all of them')
    expect(most).toBeGreaterThan(3)
    const [room] = rooms
    await expect
      .poll(
        async () => {
          if (room !== undefined) await backend.send('alice', room, 'one more')
          return listed()
        },
        { timeout: 5000, interval: 100 },
      )
      // Early is from 16 on: what was delivered while it moved may be left.
      .toBeLessThan(16)
    expect(receivedBy(bob)).toHaveLength(1)
  })

  it.each([
    ['of a conversation that its holder has never been in', 'foreign', 1],
    ['ahead of a log', 'own', 99],
  ])(
    'that was forged, %s, is answered by RESYNC of that conversation, and the others go on',
    async (_kind, which, at) => {
      await using backend = await Backend.open()
      const own = await backend.create('bob')
      const foreign = await backend.create('eve')
      const other = await backend.create('bob')
      const { id } = which === 'own' ? own : foreign
      const from = `${await backend.inboxPosition('bob')}~${id.slice('conv_'.length)}.${at.toString(36)}`
      const missed = await backend.send('bob', other, 'missed')
      using bob = await Collector.inbox(backend, 'bob', { from })
      await bob.until(isNotified, 'going live')
      expect(bob.items.flatMap(item => (item.kind === 'refused' ? [item.refusal] : []))).toMatchObject([
        { code: 'RESYNC', details: { conversationIds: [id] } },
      ])
      expect(bob.events).toMatchObject([{ conversationId: other.id, sequence: missed.sequence }])
      using again = await Collector.inbox(backend, 'bob', { from: receivedBy(bob).at(-1) })
      await again.until(isNotified, 'going live')
      expect(again.items.map(({ kind }) => kind)).toEqual(['position'])
    },
  )

  it.each([
    ['empty', ''],
    ['without a mark', '~'],
    ['without a conversation', 'm1~'],
    ['of a time to come', 'mzzzz'],
    ['of another kind', 'rubbish'],
    ['without a sequence', `m1~${'0'.repeat(26)}.`],
    ['of 100,000 characters', 'm1'.padEnd(100_000, '1')],
  ])('that is none, %s, is refused with RESYNC', async (_kind, from) => {
    await using backend = await Backend.open()
    await expect(Collector.inbox(backend, 'alice', { from })).rejects.toMatchObject({ code: 'RESYNC' })
  })
})
