import { expect, test } from 'vitest'
import { userId } from '../named-ids.ts'
import { Scribe } from '../scribe.ts'
import type { OpenHarness } from './store-harness.ts'

const ann = userId('ann')
const bob = userId('bob')

export const inboxContract = (open: OpenHarness): void => {
  test('an inbox holds every conversation that the user is a member of, with its head', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const one = await scribe.create({ members: [bob, ann] })
    const two = await scribe.create({ members: [ann] })
    await scribe.create({ members: [bob] })
    await scribe.send(one, bob, 'hello')
    const { conversations } = await harness.store.latest.inbox(ann)
    expect(conversations.toSorted((first, second) => first.head - second.head)).toEqual([
      { conversationId: two, head: 1, joinedSequence: 1 },
      { conversationId: one, head: 3, joinedSequence: 2 },
    ])
  })

  test('since a mark come the logs that have grown, each with the sequence that the mark covers', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const { latest } = harness.store
    const busy = await scribe.create({ members: [ann, bob] })
    const quiet = await scribe.create({ members: [ann, bob] })
    await scribe.sendMany(busy, bob, 50)
    const { mark } = await latest.inbox(ann)
    expect(await latest.inboxSince(ann, mark)).toEqual({ mark, changed: [] })
    for (let sent = 1; sent <= 40; sent += 1) {
      await scribe.sendMany(busy, bob, (sent % 3) + 1)
      expect((await latest.inboxSince(ann, mark))?.changed).toEqual([{ conversationId: busy, after: 52 }])
    }
    await scribe.send(quiet, bob, 'one')
    const since = await latest.inboxSince(ann, mark)
    expect(new Set(since?.changed)).toEqual(
      new Set([
        { conversationId: busy, after: 52 },
        { conversationId: quiet, after: 2 },
      ]),
    )
    expect(await latest.inboxSince(ann, since?.mark ?? '')).toMatchObject({ changed: [] })
  })

  test('one that was first joined since comes from its MemberJoined on, one that was left and joined again from the mark on', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [bob] })
    const again = await scribe.create({ members: [bob, ann] })
    const mark = await harness.store.latest.mark()
    await scribe.sendMany(group, bob, 5)
    const joined = await scribe.join(group, ann)
    await scribe.send(group, bob, 'welcome')
    await scribe.leave(again, ann)
    await scribe.join(again, ann)
    const since = await harness.store.latest.inboxSince(ann, mark)
    expect(new Set(since?.changed)).toEqual(
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
    const before = await harness.store.latest.mark()
    await scribe.send(group, bob, 'hello')
    await scribe.leave(group, ann)
    await scribe.send(group, bob, 'gone')
    const { latest } = harness.store
    const since = await latest.inboxSince(ann, before)
    expect(since?.changed).toEqual([{ conversationId: group, after: 2 }])
    await scribe.send(group, bob, 'more')
    expect((await latest.inboxSince(ann, since?.mark ?? ''))?.changed).toEqual([])
  })

  test('one that was deleted and purged since comes with its last event', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [bob, ann] })
    const mark = await harness.store.latest.mark()
    await scribe.sendMany(group, bob, 20)
    const head = await scribe.deleteConversation(group)
    while ((await harness.store.purge(7)) > 0) {}
    const since = await harness.store.latest.inboxSince(ann, mark)
    expect(since?.changed).toEqual([{ conversationId: group, after: head - 1 }])
  })

  test('a mark that is none, or of a later time, answers undefined', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    await scribe.create({ members: [ann] })
    const { latest } = harness.store
    for (const mark of ['', 'm', 'mzzzz', 'm-1', '12', 'm1.5', ' m1', 'm1 ', 'M1', 'mzzzzzzzzzzzzzzz', '💥'])
      expect(await latest.inboxSince(ann, mark)).toBeUndefined()
  })

  test('marks are kept across a restart, and the later of two is told', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const early = await harness.store.latest.mark()
    await scribe.sendMany(group, bob, 3)
    const late = await harness.store.latest.mark()
    const store = await harness.reopen()
    expect(await store.latest.inboxSince(ann, early)).toEqual({
      mark: late,
      changed: [{ conversationId: group, after: 2 }],
    })
    expect(store.laterMark(early, late)).toBe(late)
    expect(store.laterMark(late, early)).toBe(late)
    expect(store.laterMark(late, 'nonsense')).toBe('nonsense')
    expect(store.laterMark('nonsense', late)).toBe('nonsense')
  })
}
