import {
  type ConversationId,
  everyone,
  hasUnread,
  type Mention,
  type Message,
  type MessageStore,
  newViewerState,
  type UserId,
} from '@cpc-messenger/messenger'
import { describe, expect, test } from 'vitest'
import { seeded } from '../../seeded.ts'
import { userId } from '../named-ids.ts'
import { Scribe } from '../scribe.ts'
import type { OpenHarness } from './store-harness.ts'

const ann = userId('ann')
const bob = userId('bob')
const eve = userId('eve')

const read = (conversationId: ConversationId, user: UserId, to: number) => ({
  conversationId,
  userId: user,
  readSequence: to,
  deliveredSequence: to,
  shownReadSequence: to,
  shownDeliveredSequence: to,
})

const unreadOf = async (store: MessageStore, conversationId: ConversationId, user: UserId) =>
  (await store.latest.viewerStates.unread([{ conversationId, userId: user }]))[0]

const mention = (message: Message, user: UserId, sequence = message.sequence): Mention => ({
  messageId: message.id,
  userId: user,
  conversationId: message.conversationId,
  threadRootId: null,
  sequence,
  authorId: message.authorId ?? bob,
})

const countsContract = (open: OpenHarness): void => {
  test('what others have sent since a member joined or read is unread, without their own and deleted messages', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const id = await scribe.create({ members: [bob] })
    await scribe.sendMany(id, bob, 5)
    const { joinedSequence } = await scribe.join(id, ann)
    expect(await unreadOf(harness.store, id, ann)).toMatchObject({ after: joinedSequence, count: 0, mentions: 0 })
    const sent = await scribe.sendMany(id, bob, 6)
    await scribe.send(id, ann, 'mine')
    expect(await unreadOf(harness.store, id, ann)).toMatchObject({ count: 6 })
    const [first, second] = sent
    if (first === undefined || second === undefined) throw new TypeError('nothing was sent')
    await scribe.delete(second)
    expect(await unreadOf(harness.store, id, ann)).toMatchObject({ count: 5 })
    harness.store.markers.move([read(id, ann, first.sequence)])
    expect(await unreadOf(harness.store, id, ann)).toMatchObject({ after: first.sequence, count: 4 })
    await harness.store.markers.flush()
    await scribe.delete(first)
    expect(await unreadOf(harness.store, id, ann)).toMatchObject({ count: 4 })
    expect(await unreadOf(harness.store, id, eve)).toBeUndefined()
    await scribe.leave(id, ann)
    expect(await unreadOf(harness.store, id, ann)).toBeUndefined()
  })

  test('counts begin where a member has marked the conversation unread, and at their return', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const id = await scribe.create({ members: [ann, bob] })
    await scribe.sendMany(id, bob, 10)
    harness.store.markers.move([read(id, ann, 12)])
    const marked = { ...newViewerState({ conversationId: id, userId: ann }), markedUnreadFrom: 4 }
    await scribe.write({ viewerStates: [marked] })
    expect(await unreadOf(harness.store, id, ann)).toMatchObject({ after: 4, count: 8 })
    await scribe.write({ viewerStates: [{ ...marked, markedUnreadFrom: null }] })
    await scribe.leave(id, ann)
    await scribe.sendMany(id, bob, 10)
    const { joinedSequence } = await scribe.join(id, ann)
    expect(await unreadOf(harness.store, id, ann)).toMatchObject({ after: joinedSequence, count: 0 })
  })

  test('a message that mentions a member by name and as everyone is one mention', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const id = await scribe.create({ members: [ann, bob] })
    const [first, second, third] = await scribe.sendMany(id, bob, 3)
    if (first === undefined || second === undefined || third === undefined) throw new TypeError('nothing was sent')
    const own = await scribe.send(id, ann, 'mine')
    const mentionsAdded = [
      mention(first, ann),
      mention(first, everyone),
      mention(second, everyone),
      mention(own, everyone),
    ]
    await scribe.write({ mentionsAdded })
    expect(await unreadOf(harness.store, id, ann)).toMatchObject({ mentions: 2 })
    expect(await unreadOf(harness.store, id, bob)).toMatchObject({ mentions: 1 })
    harness.store.markers.move([read(id, ann, own.sequence)])
    expect(await unreadOf(harness.store, id, ann)).toMatchObject({ count: 0, mentions: 0 })
    const edited = await scribe.edit(first, 'later')
    await scribe.write({ mentionsAdded: [mention(second, ann, edited.changedSequence)] })
    expect(await unreadOf(harness.store, id, ann)).toMatchObject({ count: 0, mentions: 0 })
    await scribe.write({ mentionsAdded: [mention(third, ann, edited.changedSequence)] })
    const later = await unreadOf(harness.store, id, ann)
    expect(later).toMatchObject({ count: 0, mentions: 1 })
    expect(later !== undefined && hasUnread(later)).toBe(true)
  })

  test('the first unread message is found behind any number of own and deleted ones', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const id = await scribe.create({ members: [ann, bob] })
    const other = await scribe.create({ members: [ann, bob] })
    const [deleted] = await scribe.sendMany(id, bob, 1)
    if (deleted === undefined) throw new TypeError('nothing was sent')
    await scribe.sendMany(id, ann, 450)
    await scribe.delete(deleted)
    const pairs = [id, other].map(conversationId => ({ conversationId, userId: ann }))
    const first = async () => {
      const { viewerStates } = harness.store.latest
      return (await viewerStates.firstUnread(await viewerStates.unread(pairs))).map(message => message.id)
    }
    expect(await first()).toEqual([])
    const [there] = await scribe.sendMany(other, bob, 3)
    const here = await scribe.send(id, bob, 'the first')
    await scribe.send(id, bob, 'the second')
    expect((await first()).toSorted()).toEqual([there?.id, here.id].toSorted())
  })
}

const listsContract = (open: OpenHarness): void => {
  test('the list of a user says of each conversation what is unread, archived and muted', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const unread = await scribe.create({ members: [ann, bob] })
    await scribe.sendMany(unread, bob, 2)
    const quiet = await scribe.create({ kind: 'DIRECT', members: [ann, bob] })
    const gone = await scribe.create({ members: [ann, bob] })
    await scribe.leave(gone, ann)
    const pair = { conversationId: quiet, userId: ann }
    await scribe.write({
      viewerStates: [{ ...newViewerState(pair), archivedAt: 1, notifications: 'NONE', markedUnreadFrom: 2 }],
    })
    const listed = await harness.store.latest.viewerStates.listed(ann)
    expect(listed.map(row => row.conversationId)).toEqual([unread, quiet])
    expect(listed[0]).toMatchObject({
      count: 2,
      isArchived: false,
      isMuted: false,
      isMarkedUnread: false,
      kind: 'GROUP',
    })
    expect(listed[1]).toMatchObject({ count: 0, isArchived: true, isMuted: true, isMarkedUnread: true, memberCount: 2 })
    harness.store.markers.move([read(unread, ann, 4)])
    expect((await harness.store.latest.viewerStates.listed(ann))[0]).toMatchObject({ after: 4, count: 0 })
  })

  test('the list has every conversation of a user with many', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const ids: ConversationId[] = []
    for (let made = 0; made < 510; made += 1) ids.push(await scribe.create({ members: [ann] }))
    const listed = await harness.store.latest.viewerStates.listed(ann)
    expect(listed.map(row => row.conversationId)).toEqual(ids)
  })
}

/** Counts as they are defined, by reading all messages. */
const countedSlowly = (messages: readonly Message[], user: UserId, after: number): number =>
  messages.filter(({ sequence, authorId, deletedAt }) => sequence > after && authorId !== user && deletedAt === null)
    .length

const randomContract = (open: OpenHarness): void => {
  test.each([1, 2, 3])('counts equal a count of all messages, after random commands (seed %i)', async seed => {
    await using harness = await open()
    const random = seeded(seed)
    const scribe = new Scribe(harness.store)
    const people = [ann, bob, eve]
    const id = await scribe.create({ members: people })
    const messages: Message[] = []
    for (let step = 0; step < 120; step += 1) {
      const user = people[Math.floor(random() * people.length)] ?? ann
      const any = Math.floor(random() * messages.length)
      const message = messages[any]
      const chance = random()
      if (message === undefined || chance < 0.6) messages.push(await scribe.send(id, user, `message ${step}`))
      else if (chance < 0.8) harness.store.markers.move([read(id, user, message.sequence)])
      else if (message.deletedAt === null) messages[any] = await scribe.delete(message)
      if (random() < 0.1) await harness.store.markers.flush()
    }
    const rows = await harness.store.latest.viewerStates.unread(people.map(of => ({ conversationId: id, userId: of })))
    for (const { userId: of, after, count } of rows) expect(count).toBe(countedSlowly(messages, of, after))
    expect(rows).toHaveLength(people.length)
  })
}

/** What `ViewerStateReader` promises of counts. */
export const unreadContract = (open: OpenHarness): void => {
  describe('counts', () => countsContract(open))
  describe('lists', () => listsContract(open))
  describe('at random', () => randomContract(open))
}
