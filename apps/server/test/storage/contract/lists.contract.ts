import { expect, test } from 'vitest'
import { userId } from '../named-ids.ts'
import { Scribe } from '../scribe.ts'
import type { OpenHarness } from './store-harness.ts'

const ann = userId('ann')
const bob = userId('bob')
const eve = userId('eve')

const membersContract = (open: OpenHarness): void => {
  test('members come in the order of joining, without those who left, by pages', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [eve, ann, bob] })
    await scribe.leave(group, eve)
    await scribe.join(group, eve)
    const zoe = userId('zoe')
    await scribe.join(group, zoe)
    await scribe.leave(group, zoe)
    const { latest } = harness.store
    const all = await latest.members.page({ conversationId: group, limit: 10 })
    expect(all.map(row => row.userId)).toEqual([ann, bob, eve])
    const after = all[0]?.joinedSequence ?? 0
    const rest = await latest.members.page({ conversationId: group, after, limit: 1 })
    expect(rest.map(row => row.userId)).toEqual([bob])
  })

  test('members are found by the beginning of their name or id, in any case and script', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const names = { u1: 'Élodie', u2: 'Elias', u3: 'Ömer', u4: '50% off_' }
    for (const [id, name] of Object.entries(names)) await scribe.user(userId(id), name)
    const group = await scribe.create({ members: Object.keys(names).map(userId) })
    const found = async (search: string) =>
      (await harness.store.latest.members.search({ conversationId: group, limit: 10, search })).memberships.map(
        row => row.userId,
      )
    expect(await found('él')).toEqual(['u1'])
    expect(await found('EL')).toEqual(['u2'])
    expect(await found('öm')).toEqual(['u3'])
    expect(await found('U')).toEqual(['u1', 'u2', 'u3', 'u4'])
    expect(await found('50%')).toEqual(['u4'])
    expect(await found('%')).toEqual([])
    expect(await found('')).toHaveLength(4)
  })

  test('heroes are the five who joined first, without one of them', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const users = ['g', 'f', 'e', 'd', 'c', 'b', 'a'].map(userId)
    const group = await scribe.create({ members: users })
    const pair = await scribe.create({ kind: 'DIRECT', members: [ann, bob] })
    const heroes = await harness.store.latest.members.heroes([pair, group], userId('f'))
    const of = (id: string) => heroes.filter(row => row.conversationId === id).map(row => row.userId)
    expect(of(group)).toEqual(['g', 'e', 'd', 'c', 'b'])
    expect(of(pair)).toEqual([ann, bob])
  })

  test('two users share the conversations of which both are active members', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const pair = await scribe.create({ kind: 'DIRECT', members: [ann, bob] })
    const group = await scribe.create({ members: [ann, bob, eve] })
    const many = Array.from({ length: 40 }, (_, index) => userId(`member-${index}`))
    const crowd = await scribe.create({ members: [ann, ...many] })
    await scribe.create({ members: [bob, userId('stranger')] })
    const shared = async (one: string, others: readonly string[]) =>
      new Map(
        (await harness.store.latest.members.shared(userId(one), others.map(userId))).map(row => [
          row.userId,
          row.conversationId,
        ]),
      )
    expect(await shared('ann', ['bob', 'eve', 'stranger', 'unknown', 'bob'])).toEqual(
      new Map([
        [bob, pair],
        [eve, group],
      ]),
    )
    expect([...(await shared('ann', [...many, 'eve']))].toSorted()).toEqual(
      [...many.map(id => [id, crowd] as const), [eve, group] as const].toSorted(),
    )
    expect([...(await shared('stranger', ['bob', 'ann'])).keys()]).toEqual([bob])
    await scribe.leave(group, eve)
    expect(await shared('ann', ['eve'])).toEqual(new Map())
    expect(await shared('eve', ['eve', 'ann'])).toEqual(new Map())
  })
}

const conversationsContract = (open: OpenHarness): void => {
  test("a user's conversations come by latest activity, by pages and kinds, without those they left", async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const direct = await scribe.create({ kind: 'DIRECT', members: [ann, bob] })
    const group = await scribe.create({ members: [ann] })
    const channel = await scribe.create({ kind: 'CHANNEL', name: 'general', members: [ann] })
    const left = await scribe.create({ members: [ann, bob] })
    await scribe.leave(left, ann)
    await scribe.send(direct, bob, 'newest')
    const list = async (request: object) =>
      (await harness.store.latest.conversations.ofUser({ userId: ann, limit: 10, ...request })).map(row => row.id)
    expect(await list({})).toEqual([direct, channel, group])
    expect(await list({ kinds: ['GROUP', 'CHANNEL'] })).toEqual([channel, group])
    expect(await list({ kinds: [] })).toEqual([])
    expect(await list({ limit: 1 })).toEqual([direct])
    const { lastActivityAt } = scribe.conversation(channel)
    expect(await list({ after: { lastActivityAt, id: channel } })).toEqual([group])
  })

  test('channels come by name, then id, by pages, without deleted ones and other kinds', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const channel = (name: string) => scribe.create({ kind: 'CHANNEL', name, members: [ann] })
    const beta = await channel('Beta')
    const alpha = await channel('alpha')
    const second = await channel('ALPHA')
    const rocket = await channel('🚀 launches')
    const gone = await channel('gone')
    await scribe.deleteConversation(gone)
    await scribe.create({ name: 'a group', members: [ann] })
    const { latest } = harness.store
    const list = async (request: object) =>
      (await latest.conversations.channels({ limit: 10, ...request })).map(conversation => conversation.id)
    expect(await list({})).toEqual([alpha, second, beta, rocket])
    expect(await list({ search: 'aL' })).toEqual([alpha, second])
    expect(await list({ search: '🚀' })).toEqual([rocket])
    expect(await list({ after: { name: 'alpha', id: alpha }, limit: 2 })).toEqual([second, beta])
    expect(await list({ search: 'b', after: { name: 'alpha', id: alpha } })).toEqual([beta])
    expect(await list({ search: 'a', after: { name: 'Beta', id: beta } })).toEqual([])
  })

  test('users are found by the beginning of a name or id, by name then id, by pages, each once', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    await scribe.user(userId('max'), 'Zelda')
    await scribe.user(userId('u-1'), 'Maxime')
    await scribe.user(userId('maxime'), 'maxime')
    await scribe.user(userId('other'), 'Ann')
    const { latest } = harness.store
    const found = async (request: object) =>
      (await latest.users.search({ search: 'MAX', limit: 10, ...request })).users.map(user => user.id)
    expect(await found({})).toEqual(['maxime', 'u-1', 'max'])
    expect(await found({ limit: 1 })).toEqual(['maxime'])
    expect(await found({ after: { displayName: 'maxime', id: 'maxime' } })).toEqual(['u-1', 'max'])
    expect(await found({ after: { displayName: 'Maxime', id: 'u-1' } })).toEqual(['max'])
    expect(await found({ after: { displayName: 'Zelda', id: 'max' } })).toEqual([])
    expect(await found({ search: '' })).toEqual(['other', 'maxime', 'u-1', 'max'])
  })
}

export const listsContract = (open: OpenHarness): void => {
  membersContract(open)
  conversationsContract(open)
}
