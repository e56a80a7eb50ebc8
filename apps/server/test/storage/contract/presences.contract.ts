import { newPresence, newUser, type StoredPresence } from '@cpc-messenger/messenger'
import { expect, test } from 'vitest'
import { userId } from '../named-ids.ts'
import { noChanges, Scribe } from '../scribe.ts'
import type { OpenHarness, StoreHarness } from './store-harness.ts'

const [ann, bob, eve] = [userId('ann'), userId('bob'), userId('eve')]

const write = async ({ store }: StoreHarness, presences: readonly StoredPresence[]): Promise<void> => {
  const ids = presences.map(row => row.userId)
  await using batch = await store.begin([{ users: ids, presences: ids }])
  await batch.commit({ ...noChanges, users: ids.map(id => newUser(id, 1)), presences })
}

const busy: StoredPresence = {
  ...newPresence(ann),
  choice: 'DO_NOT_DISTURB',
  statusText: 'In a call 👍',
  statusExpiresAt: 9,
  changedAt: 5,
}

export const presencesContract = (open: OpenHarness): void => {
  test('what users have chosen is read as it was written, by a batch and by a reader', async () => {
    await using harness = await open()
    await write(harness, [busy, { ...newPresence(bob), choice: 'INVISIBLE', changedAt: 6 }])
    await write(harness, [{ ...busy, statusText: null, statusExpiresAt: null, changedAt: 7 }])
    const { presences } = (await harness.reopen()).latest
    expect(await presences.byUsers([ann, eve, ann])).toEqual([
      { ...busy, statusText: null, statusExpiresAt: null, changedAt: 7 },
    ])
    expect(await presences.byUsers([])).toEqual([])
  })

  test('a batch loads the presences that its commands need', async () => {
    await using harness = await open()
    await write(harness, [busy])
    await using batch = await harness.store.begin([{ users: [ann, bob], presences: [ann, bob] }, { users: [ann] }])
    expect(batch.rows.presences).toEqual([busy])
  })

  test('of two instants at which a user was last seen, the later one is kept', async () => {
    await using harness = await open()
    const { store } = harness
    await store.saveLastSeen([
      { userId: bob, lastSeenAt: 30 },
      { userId: ann, lastSeenAt: 20 },
    ])
    await store.saveLastSeen([{ userId: ann, lastSeenAt: 10 }])
    await write(harness, [{ ...busy, lastSeenAt: 15 }])
    await store.saveLastSeen([{ userId: bob, lastSeenAt: 40 }])
    await store.saveLastSeen([])
    expect(await store.latest.presences.byUsers([ann])).toEqual([{ ...busy, lastSeenAt: 20 }])
    expect(await store.latest.presences.byUsers([bob])).toEqual([{ ...newPresence(bob), lastSeenAt: 40 }])
  })

  test('a set of any size is stored', async () => {
    await using harness = await open()
    const ids = Array.from({ length: 2500 }, (_, index) => userId(`user-${index}`))
    await harness.store.saveLastSeen(ids.map((id, index) => ({ userId: id, lastSeenAt: index + 1 })))
    const rows = await harness.store.latest.presences.byUsers(ids)
    expect(rows.map(({ lastSeenAt }) => lastSeenAt).toSorted((one, other) => one - other)).toEqual(
      ids.map((_, index) => index + 1),
    )
  })

  test('changes of choices are listed in their order, and nothing else is', async () => {
    await using harness = await open()
    await write(harness, [busy, { ...newPresence(bob), choice: 'AWAY', changedAt: 5 }])
    await write(harness, [{ ...newPresence(eve), choice: 'AWAY', changedAt: 6 }])
    await harness.store.saveLastSeen([{ userId: userId('seen'), lastSeenAt: 50 }])
    const { presences } = harness.store.latest
    const after = async (changedAt: number, id: string, limit = 10) =>
      (await presences.changedAfter({ changedAt, userId: id }, limit)).map(row => row.userId)
    expect(await after(0, '')).toEqual([ann, bob, eve])
    expect(await after(0, '', 2)).toEqual([ann, bob])
    expect(await after(5, 'ann')).toEqual([bob, eve])
    expect(await after(6, 'eve')).toEqual([])
  })

  test('a shared conversation is found among thousands that are not shared, and also none is found', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    // Alternating, so that each step passes one conversation.
    for (let index = 0; index < 300; index += 1) await scribe.create({ members: [index % 2 === 0 ? ann : bob] })
    const shared = async (one: string) =>
      (await harness.store.latest.members.shared(userId(one), [ann, bob, eve])).length
    expect([await shared('ann'), await shared('eve')]).toEqual([1, 0])
    const id = await scribe.create({ members: [ann, bob] })
    expect(await harness.store.latest.members.shared(ann, [bob])).toEqual([{ conversationId: id, userId: bob }])
  })
}
