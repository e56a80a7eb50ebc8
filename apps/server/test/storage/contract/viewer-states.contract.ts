import {
  type ConversationId,
  type MarkerMove,
  type MessageStore,
  newViewerState,
  type UserId,
  type ViewerState,
} from '@cpc-messenger/messenger'
import { expect, test } from 'vitest'
import { userId } from '../named-ids.ts'
import { noChanges, Scribe } from '../scribe.ts'
import type { OpenHarness } from './store-harness.ts'

const ann = userId('ann')
const bob = userId('bob')
const eve = userId('eve')

const moved = (conversationId: ConversationId, user: UserId, read: number, delivered = read): MarkerMove => ({
  conversationId,
  userId: user,
  readSequence: read,
  deliveredSequence: delivered,
  shownReadSequence: read,
  shownDeliveredSequence: delivered,
})

const stateOf = async (store: MessageStore, conversationId: ConversationId, user: UserId) =>
  (await store.latest.viewerStates.byPairs([{ conversationId, userId: user }]))[0]

const roomOf = async (store: MessageStore, messages = 20) => {
  const scribe = new Scribe(store)
  const id = await scribe.create({ members: [ann, bob, eve] })
  await scribe.sendMany(id, bob, messages)
  return { scribe, id }
}

const markersContract = (open: OpenHarness): void => {
  test('a marker that was moved is read at once, also in a snapshot that began before', async () => {
    await using harness = await open()
    const { id } = await roomOf(harness.store)
    await using snapshot = harness.store.snapshot()
    const read = async () => (await snapshot.viewerStates.byPairs([{ conversationId: id, userId: ann }]))[0]
    expect(await read()).toBeUndefined()
    harness.store.markers.move([moved(id, ann, 4, 9)])
    expect(await read()).toMatchObject({ readSequence: 4, deliveredSequence: 9, notifications: 'ALL' })
    await harness.store.markers.flush()
    expect(await read()).toMatchObject({ readSequence: 4, deliveredSequence: 9 })
    expect(await stateOf(harness.store, id, bob)).toBeUndefined()
  })

  test('a marker is durable once it was flushed, and only then', async () => {
    await using harness = await open()
    const { id } = await roomOf(harness.store)
    harness.store.markers.move([moved(id, ann, 4)])
    await harness.store.markers.flush()
    harness.store.markers.move([moved(id, ann, 6)])
    expect(await stateOf(harness.store, id, ann)).toMatchObject({ readSequence: 6 })
    expect(await stateOf(await harness.reopen(), id, ann)).toMatchObject({ readSequence: 4 })
  })

  test('the greatest marker is valid in any order of moves and writes', async () => {
    await using harness = await open()
    const { id } = await roomOf(harness.store)
    const { markers } = harness.store
    markers.move([moved(id, ann, 9)])
    await markers.flush()
    markers.move([moved(id, ann, 5, 11)])
    expect(await stateOf(harness.store, id, ann)).toMatchObject({ readSequence: 9, deliveredSequence: 11 })
    await markers.flush()
    await markers.read([moved(id, ann, 7)])
    expect(await stateOf(await harness.reopen(), id, ann)).toMatchObject({ readSequence: 9, deliveredSequence: 11 })
  })

  test('what another node has moved is shown and not written', async () => {
    await using harness = await open()
    const { id } = await roomOf(harness.store)
    harness.store.markers.learn([moved(id, ann, 8)])
    await harness.store.markers.flush()
    expect(await stateOf(harness.store, id, ann)).toMatchObject({ readSequence: 8 })
    expect(await stateOf(await harness.reopen(), id, ann)).toBeUndefined()
  })

  test('no marker is written beyond the end of a log, or for a deleted conversation', async () => {
    await using harness = await open()
    const { scribe, id } = await roomOf(harness.store, 5)
    const gone = await scribe.create({ members: [ann] })
    await scribe.deleteConversation(gone)
    harness.store.markers.move([moved(id, ann, 900), moved(gone, ann, 1)])
    await harness.store.markers.flush()
    const store = await harness.reopen()
    expect(await stateOf(store, id, ann)).toMatchObject({ readSequence: 8, deliveredSequence: 8 })
    expect(await stateOf(store, gone, ann)).toBeUndefined()
  })

  test('more markers than fit in one statement are moved, written and read', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const users = Array.from({ length: 1200 }, (_, index) => userId(`member-${index}`))
    const id = await scribe.create({ members: users })
    harness.store.markers.move(users.map((user, index) => moved(id, user, index + 1)))
    await harness.store.markers.flush()
    const store = await harness.reopen()
    const states = await store.latest.viewerStates.byPairs(users.map(user => ({ conversationId: id, userId: user })))
    expect(new Map(states.map(state => [state.userId, state.readSequence]))).toEqual(
      new Map(users.map((user, index) => [user, index + 1])),
    )
  })

  test('other work runs between the pieces in which many markers are written', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const users = Array.from({ length: 2000 }, (_, index) => userId(`member-${index}`))
    const id = await scribe.create({ members: users })
    harness.store.markers.move(users.map(user => moved(id, user, 1)))
    let turns = 0
    const count = (): void => {
      turns += 1
      immediate = setImmediate(count)
    }
    let immediate = setImmediate(count)
    await harness.store.markers.flush()
    clearImmediate(immediate)
    expect(turns).toBeGreaterThanOrEqual(7)
  })

  test('reading ends what was marked unread; moving a marker does not', async () => {
    await using harness = await open()
    const { scribe, id } = await roomOf(harness.store)
    const marked: ViewerState = { ...newViewerState({ conversationId: id, userId: ann }), markedUnreadFrom: 3 }
    await scribe.write({ viewerStates: [marked] })
    harness.store.markers.move([moved(id, ann, 12)])
    await harness.store.markers.flush()
    expect(await stateOf(harness.store, id, ann)).toMatchObject({ readSequence: 12, markedUnreadFrom: 3 })
    await harness.store.markers.read([moved(id, ann, 10)])
    expect(await stateOf(harness.store, id, ann)).toMatchObject({ readSequence: 12, markedUnreadFrom: null })
  })

  test('the place of a marker says who may move it, and how far', async () => {
    await using harness = await open()
    const { scribe, id } = await roomOf(harness.store, 5)
    const channel = await scribe.create({ kind: 'CHANNEL', name: 'open', members: [ann, bob] })
    await scribe.leave(channel, ann)
    const gone = await scribe.create({ members: [ann] })
    await scribe.deleteConversation(gone)
    harness.store.markers.move([moved(id, ann, 3)])
    const pairs = [id, channel, gone].map(conversationId => ({ conversationId, userId: ann }))
    const places = await harness.store.latest.viewerStates.places(pairs)
    expect(places).toHaveLength(2)
    expect(places.find(place => place.state.conversationId === id)).toMatchObject({
      kind: 'GROUP',
      lastSequence: 8,
      memberCount: 3,
      joinedSequence: 1,
      state: { readSequence: 3, markedUnreadFrom: null },
    })
    expect(places.find(place => place.state.conversationId === channel)).toMatchObject({
      kind: 'CHANNEL',
      joinedSequence: null,
      state: { readSequence: 0 },
    })
  })
}

const settingsContract = (open: OpenHarness): void => {
  test('what a batch writes of a viewer is loaded by the next one, and takes back no marker', async () => {
    await using harness = await open()
    const { scribe, id } = await roomOf(harness.store)
    harness.store.markers.move([moved(id, ann, 9)])
    await harness.store.markers.flush()
    const pair = { conversationId: id, userId: ann }
    const settings = { notifications: 'NONE', archivedAt: 5, pinnedAt: 6, markedUnreadFrom: 2 } as const
    await scribe.write({ viewerStates: [{ ...newViewerState(pair), ...settings }] })
    await using batch = await harness.store.begin([{ conversations: [id], viewerStates: [pair] }])
    expect(batch.rows.viewerStates).toEqual([{ ...newViewerState(pair), ...moved(id, ann, 9), ...settings }])
  })

  test('an archived conversation returns to those who are named, or to everyone, except to one', async () => {
    await using harness = await open()
    const { scribe, id } = await roomOf(harness.store)
    const other = await scribe.create({ members: [ann, bob, eve] })
    const archive = (conversationId: ConversationId) =>
      scribe.write({
        viewerStates: [ann, bob, eve].map(user => ({
          ...newViewerState({ conversationId, userId: user }),
          archivedAt: 1,
        })),
      })
    const archived = async (conversationId: ConversationId) =>
      (await harness.store.latest.viewerStates.byPairs([ann, bob, eve].map(user => ({ conversationId, userId: user }))))
        .filter(state => state.archivedAt !== null)
        .map(state => state.userId)
        .toSorted()
    await archive(id)
    await archive(other)
    await using batch = await harness.store.begin([])
    const returns = [
      { conversationId: id, userIds: [ann, bob], exceptUserId: bob },
      { conversationId: other, userIds: 'everyone' as const, exceptUserId: eve },
    ]
    const { returned } = await batch.commit({ ...noChanges, returns })
    expect(new Set(returned.map(pair => `${pair.conversationId} ${pair.userId}`))).toEqual(
      new Set([`${id} ann`, `${other} ann`, `${other} bob`]),
    )
    expect(await archived(id)).toEqual([bob, eve])
    expect(await archived(other)).toEqual([eve])
  })

  test('what users keep of a conversation is erased with it', async () => {
    await using harness = await open()
    const { scribe, id } = await roomOf(harness.store)
    harness.store.markers.move([ann, bob, eve].map(user => moved(id, user, 3)))
    await harness.store.markers.flush()
    await scribe.deleteConversation(id)
    while ((await harness.store.purge(2)) > 0) {}
    const store = await harness.reopen()
    for (const user of [ann, bob, eve]) expect(await stateOf(store, id, user)).toBeUndefined()
  })
}

/** What `MarkerStore` and `ViewerStateReader` promise. */
export const viewerStatesContract = (open: OpenHarness): void => {
  markersContract(open)
  settingsContract(open)
}
