import type { CommitMark, StoreReader } from '@cpc-messenger/messenger'
import { expect, test } from 'vitest'
import { userId } from '../named-ids.ts'
import { Scribe } from '../scribe.ts'
import type { OpenHarness } from './store-harness.ts'

const ann = userId('ann')
const bob = userId('bob')
const eve = userId('eve')

/** What has changed for ann. */
const since = async (reader: StoreReader, mark: CommitMark) =>
  (await reader.inbox.changesSince([{ userId: ann, since: mark }]))[0]

export const inboxContract = (open: OpenHarness): void => {
  test('an inbox holds every conversation that the user is a member of, with its head', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const one = await scribe.create({ members: [bob, ann] })
    const two = await scribe.create({ members: [ann] })
    await scribe.create({ members: [bob] })
    await scribe.send(one, bob, 'hello')
    const [inbox] = await harness.store.latest.inbox.ofUsers([ann])
    const conversations = inbox?.conversations ?? []
    expect(conversations.toSorted((first, second) => first.head - second.head)).toEqual([
      { conversationId: two, head: 1, joinedSequence: 1 },
      { conversationId: one, head: 3, joinedSequence: 2 },
    ])
  })

  test('an inbox has the mark of its moment, and nothing beside it while no commit is on its way', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const left = await scribe.create({ members: [ann, bob] })
    await scribe.send(group, bob, 'hello')
    await scribe.leave(left, ann)
    const { latest } = harness.store
    const current = { userId: ann, mark: await latest.inbox.mark(), ahead: [] }
    expect(await latest.inbox.markOf(ann)).toEqual(current)
    expect((await latest.inbox.ofUsers([ann]))[0]).toMatchObject(current)
    expect(await latest.inbox.markOf(eve)).toEqual({ ...current, userId: eve })
  })

  test('since a mark come the logs that have grown, each with the sequence that the mark covers', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const { latest } = harness.store
    const busy = await scribe.create({ members: [ann, bob] })
    const quiet = await scribe.create({ members: [ann, bob] })
    await scribe.sendMany(busy, bob, 50)
    const mark = await latest.inbox.mark()
    expect(await since(latest, mark)).toEqual({ userId: ann, since: mark, mark, changed: [] })
    for (let sent = 1; sent <= 40; sent += 1) {
      await scribe.sendMany(busy, bob, (sent % 3) + 1)
      expect((await since(latest, mark))?.changed).toEqual([{ conversationId: busy, after: 52 }])
    }
    await scribe.send(quiet, bob, 'one')
    const changes = await since(latest, mark)
    expect(new Set(changes?.changed)).toEqual(
      new Set([
        { conversationId: busy, after: 52 },
        { conversationId: quiet, after: 2 },
      ]),
    )
    expect(await since(latest, changes?.mark ?? '')).toMatchObject({ changed: [] })
  })

  test('one that was first joined since comes from its MemberJoined on, one that was left and joined again from the mark on', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [bob] })
    const again = await scribe.create({ members: [bob, ann] })
    const mark = await harness.store.latest.inbox.mark()
    await scribe.sendMany(group, bob, 5)
    const joined = await scribe.join(group, ann)
    await scribe.send(group, bob, 'welcome')
    await scribe.leave(again, ann)
    await scribe.join(again, ann)
    const changes = await since(harness.store.latest, mark)
    expect(new Set(changes?.changed)).toEqual(
      new Set([
        { conversationId: group, after: joined.joinedSequence - 1 },
        { conversationId: again, after: 2 },
      ]),
    )
  })

  test('one that was left since is among them until the mark covers the leaving', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [bob, ann] })
    const before = await harness.store.latest.inbox.mark()
    await scribe.send(group, bob, 'hello')
    await scribe.leave(group, ann)
    await scribe.send(group, bob, 'gone')
    const { latest } = harness.store
    const changes = await since(latest, before)
    expect(changes?.changed).toEqual([{ conversationId: group, after: 2 }])
    await scribe.send(group, bob, 'more')
    expect((await since(latest, changes?.mark ?? ''))?.changed).toEqual([])
  })

  test('one that was deleted and purged since comes with its last event', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [bob, ann] })
    const mark = await harness.store.latest.inbox.mark()
    await scribe.sendMany(group, bob, 20)
    const head = await scribe.deleteConversation(group)
    while ((await harness.store.purge(7)) > 0) {}
    const changes = await since(harness.store.latest, mark)
    expect(changes?.changed).toEqual([{ conversationId: group, after: head - 1 }])
  })

  test('inboxes and what has changed are answered for a set, each user and mark for itself', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const { latest } = harness.store
    const group = await scribe.create({ members: [ann, bob] })
    const early = await latest.inbox.mark()
    await scribe.send(group, bob, 'one')
    const late = await latest.inbox.mark()
    const other = await scribe.create({ members: [bob] })
    const mark = await latest.inbox.mark()
    const heads = { conversationId: group, head: 3 }
    const inboxes = await latest.inbox.ofUsers([bob, eve, ann, bob])
    expect(new Map(inboxes.map(inbox => [inbox.userId, new Set(inbox.conversations)]))).toEqual(
      new Map([
        [ann, new Set([{ ...heads, joinedSequence: 1 }])],
        [
          bob,
          new Set([
            { ...heads, joinedSequence: 2 },
            { conversationId: other, head: 1, joinedSequence: 1 },
          ]),
        ],
        [eve, new Set()],
      ]),
    )
    expect(new Set(inboxes.map(inbox => inbox.mark))).toEqual(new Set([mark]))
    const places = [ann, bob].flatMap(user => [early, late, 'none'].map(at => ({ userId: user, since: at })))
    const changes = await latest.inbox.changesSince(places)
    const grown = { conversationId: group, after: 2 }
    const made = { conversationId: other, after: 0 }
    expect(changes.map(({ userId: user, since: at, changed }) => [user, at, new Set(changed)])).toEqual([
      [ann, early, new Set([grown])],
      [ann, late, new Set()],
      [bob, early, new Set([grown, made])],
      [bob, late, new Set([made])],
    ])
    expect(await latest.inbox.changesSince([])).toEqual([])
  })

  test('a mark that is none, or of a later time, is left out', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    await scribe.create({ members: [ann] })
    const { latest } = harness.store
    for (const mark of ['', 'm', 'mzzzz', 'm-1', '12', 'm1.5', ' m1', 'm1 ', 'M1', 'mzzzzzzzzzzzzzzz', '💥'])
      expect(await since(latest, mark)).toBeUndefined()
  })

  test('marks are kept across a restart, and the later of two marks is found', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const early = await harness.store.latest.inbox.mark()
    await scribe.sendMany(group, bob, 3)
    const late = await harness.store.latest.inbox.mark()
    const store = await harness.reopen()
    const changes = await since(store.latest, early)
    expect(changes).toMatchObject({ userId: ann, since: early, changed: [{ conversationId: group, after: 2 }] })
    expect(store.laterMark(changes?.mark ?? '', late)).toBe(changes?.mark)
    expect(store.laterMark(early, late)).toBe(late)
    expect(store.laterMark(late, early)).toBe(late)
    expect(store.laterMark(late, 'nonsense')).toBe('nonsense')
    expect(store.laterMark('nonsense', late)).toBe('nonsense')
  })

  test('a read of the joins since a mark returns those of each later commit', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    await scribe.create({ members: [ann] })
    const mark = await harness.store.latest.inbox.mark()
    expect((await harness.store.latest.inbox.joinsSince(mark, 10)).joins).toEqual([])
    const group = await scribe.create({ members: [ann] })
    await scribe.send(group, ann, 'no join')
    await scribe.join(group, bob)
    const { joins, mark: later } = await harness.store.latest.inbox.joinsSince(mark, 10)
    expect(joins).toEqual([
      { conversationId: group, userId: ann },
      { conversationId: group, userId: bob },
    ])
    expect((await harness.store.latest.inbox.joinsSince(mark, 1)).joins).toHaveLength(1)
    expect((await harness.store.latest.inbox.joinsSince(later, 10)).joins).toEqual([])
    expect((await harness.store.latest.inbox.joinsSince('nonsense', 10)).joins).toEqual([])
  })
}
