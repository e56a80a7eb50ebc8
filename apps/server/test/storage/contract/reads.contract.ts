import { type Message, newUser } from '@cpc-messenger/messenger'
import { expect, test } from 'vitest'
import { conversationId, membershipId, messageId, userId } from '../named-ids.ts'
import { noChanges, Scribe } from '../scribe.ts'
import type { OpenHarness } from './store-harness.ts'

const ann = userId('ann')
const bob = userId('bob')
const eve = userId('eve')

const sequencesOf = (messages: readonly Message[]): readonly number[] => messages.map(message => message.sequence)

const isolationContract = (open: OpenHarness): void => {
  test('a snapshot shows the moment of its first read, and nothing that is committed later', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    await using snapshot = harness.store.snapshot()
    await scribe.send(group, ann, 'before the first read')
    expect(await snapshot.log.heads([group])).toEqual([{ conversationId: group, head: 2 }])
    const late = await scribe.send(group, ann, 'after it')
    expect(await snapshot.log.heads([group])).toEqual([{ conversationId: group, head: 2 }])
    expect(await snapshot.messages.byIds([late.id])).toEqual([])
    expect(await snapshot.log.page({ conversationId: group, after: 0, limit: 10 })).toMatchObject({ head: 2 })
    expect(await harness.store.latest.log.heads([group])).toEqual([{ conversationId: group, head: 3 }])
  })

  test('a commit is seen whole or not at all, while it runs too', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    const { message, event } = scribe.draft(group, ann, 'soon')
    await using batch = await harness.store.begin([{ conversations: [group] }])
    const read = () => harness.store.latest.log.page({ conversationId: group, after: 1, limit: 10 })
    const before = await read()
    const committing = batch.commit({
      ...noChanges,
      messages: [message],
      events: [event],
      conversations: [scribe.conversation(group)],
    })
    const during = await Promise.all(Array.from({ length: 20 }, read))
    await committing
    const after = await read()
    expect(before).toMatchObject({ head: 1, events: [] })
    expect(after).toMatchObject({ head: 2, events: [event], rows: { messages: [message] } })
    for (const page of during) expect([before, after]).toContainEqual(page)
  })

  test('each latest read sees every commit before its call, also during other reads', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    const { latest } = harness.store
    for (let head = 2; head < 20; head += 1) {
      const before = Array.from({ length: 3 }, () => latest.log.page({ conversationId: group, after: 0, limit: 100 }))
      await scribe.send(group, ann, 'more')
      const [page, heads] = await Promise.all([
        latest.log.page({ conversationId: group, after: 0, limit: 100, viewerId: ann }),
        latest.log.heads([group]),
        ...before,
      ])
      expect(page.head).toBe(head)
      expect(page.events).toHaveLength(head)
      expect(heads).toEqual([{ conversationId: group, head }])
    }
  })
}

const byIdContract = (open: OpenHarness): void => {
  test('lists of a thousand ids, in any order and with repeats, answer each existing row once', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    const messages = await scribe.sendMany(group, ann, 500)
    const ids = messages.flatMap(({ id }, index) => [messageId(10_000 + index), id, id]).toReversed()
    const found = await harness.store.latest.messages.byIds(ids)
    expect(found.toSorted((one, other) => one.sequence - other.sequence)).toEqual(messages)
    await using batch = await harness.store.begin([{ messages: ids }])
    expect(batch.rows.messages).toHaveLength(500)
  })

  test('empty lists answer nothing', async () => {
    await using harness = await open()
    const { latest } = harness.store
    const answers = await Promise.all([
      latest.users.byIds([]),
      latest.conversations.byIds([]),
      latest.messages.byIds([]),
      latest.members.byIds([]),
      latest.members.byPairs([]),
      latest.messages.lastOf([]),
      latest.reactions.summaries([]),
      latest.reactions.firstReactors([]),
      latest.reactions.byPairs([]),
      latest.members.heroes([], ann),
      latest.members.shared(ann, []),
      latest.log.heads([]),
    ])
    expect(answers.flat()).toEqual([])
  })

  test('what does not exist is left out', async () => {
    await using harness = await open()
    const { latest } = harness.store
    expect(await latest.users.byIds([ann])).toEqual([])
    expect(await latest.members.byIds([membershipId(1)])).toEqual([])
    expect(await latest.conversations.byKey('none')).toBeUndefined()
    expect(await latest.log.heads([conversationId(1)])).toEqual([])
    expect(await latest.messages.timeline({ conversationId: conversationId(1), end: 'newest', limit: 5 })).toEqual([])
  })

  test('a conversation is found by its key', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const lobby = await scribe.create({ members: [ann], key: 'lobby' })
    expect(await harness.store.latest.conversations.byKey('lobby')).toEqual(scribe.conversation(lobby))
  })
}

const timelineContract = (open: OpenHarness): void => {
  test('a timeline pages from either end between bounds that it excludes, always oldest first', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const id = await scribe.create({ members: [ann] })
    await scribe.sendMany(id, ann, 9)
    const page = async (bounds: { after?: number; before?: number; end: 'oldest' | 'newest'; limit: number }) =>
      sequencesOf(await harness.store.latest.messages.timeline({ conversationId: id, ...bounds }))
    expect(await page({ end: 'newest', limit: 3 })).toEqual([8, 9, 10])
    expect(await page({ end: 'oldest', limit: 3 })).toEqual([2, 3, 4])
    expect(await page({ end: 'newest', before: 8, limit: 3 })).toEqual([5, 6, 7])
    expect(await page({ end: 'oldest', after: 4, limit: 3 })).toEqual([5, 6, 7])
    expect(await page({ end: 'oldest', after: 4, before: 7, limit: 3 })).toEqual([5, 6])
    expect(await page({ end: 'newest', after: 4, before: 5, limit: 3 })).toEqual([])
    expect(await page({ end: 'newest', after: 10, before: 2 ** 31, limit: 3 })).toEqual([])
    expect(await page({ end: 'newest', before: 0, limit: 3 })).toEqual([])
  })

  test('the last message of each conversation is its newest, a deleted one too', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const one = await scribe.create({ members: [ann] })
    const two = await scribe.create({ members: [ann] })
    const empty = await scribe.create({ members: [ann] })
    await scribe.sendMany(one, ann, 3)
    const last = await scribe.delete(await scribe.send(one, ann, 'last'))
    const only = await scribe.send(two, ann, 'only')
    const found = await harness.store.latest.messages.lastOf([two, empty, one, one])
    expect(new Set(found)).toEqual(new Set([last, only]))
    expect(found).toHaveLength(2)
  })
}

const reactionsContract = (open: OpenHarness): void => {
  test('summaries count each emoji, name the first ten and follow removals', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const users = Array.from({ length: 12 }, (_, index) => userId(`user-${99 - index}`))
    const group = await scribe.create({ members: users })
    const message = await scribe.send(group, ann, 'hello')
    const reactions = []
    for (const user of users) reactions.push(await scribe.react(message, user, '👍'))
    const heart = await scribe.react(message, ann, '❤️')
    const { latest } = harness.store
    expect(await latest.reactions.summaries([message.id])).toEqual([
      { messageId: message.id, emoji: '👍', count: 12 },
      { messageId: message.id, emoji: '❤️', count: 1 },
    ])
    const first = new Map((await latest.reactions.firstReactors([message.id])).map(row => [row.emoji, row.userIds]))
    expect(first).toEqual(
      new Map([
        ['👍', users.slice(0, 10)],
        ['❤️', [ann]],
      ]),
    )
    for (const reaction of [...reactions.slice(0, 3), heart]) await scribe.unreact(message, reaction)
    expect(await latest.reactions.summaries([message.id])).toEqual([{ messageId: message.id, emoji: '👍', count: 9 }])
    expect(await latest.reactions.firstReactors([message.id])).toEqual([
      { messageId: message.id, emoji: '👍', userIds: users.slice(3) },
    ])
    await using batch = await harness.store.begin([{ reactions: [heart] }])
    expect(batch.rows.reactions).toEqual([])
    expect(batch.rows.emojiCounts).toEqual([{ messageId: message.id, emoji: '👍', count: 9 }])
  })

  test('memberships of pairs are found whether they are of one conversation or of several', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const [one, other] = [await scribe.create({ members: [ann, bob] }), await scribe.create({ members: [ann, eve] })]
    const found = async (pairs: Parameters<typeof harness.store.latest.members.byPairs>[0]) =>
      new Set((await harness.store.latest.members.byPairs(pairs)).map(row => `${row.conversationId} ${row.userId}`))
    const pair = (conversationId: typeof one, userId: typeof ann) => ({ conversationId, userId })
    expect(await found([pair(one, ann), pair(one, bob), pair(one, eve)])).toEqual(
      new Set([`${one} ${ann}`, `${one} ${bob}`]),
    )
    expect(await found([pair(one, bob), pair(other, bob), pair(other, eve)])).toEqual(
      new Set([`${one} ${bob}`, `${other} ${eve}`]),
    )
  })

  test('reactors come in the order of reacting, by pages, of one emoji or of all', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob, eve] })
    const message = await scribe.send(group, ann, 'hello')
    const one = await scribe.react(message, eve, '👍')
    const two = await scribe.react(message, ann, '🎉')
    const three = await scribe.react(message, bob, '👍')
    const { latest } = harness.store
    const { id } = message
    expect(await latest.reactions.page({ messageId: id, limit: 2 })).toEqual([one, two])
    expect(await latest.reactions.page({ messageId: id, limit: 2, after: two.sequence })).toEqual([three])
    expect(await latest.reactions.page({ messageId: id, emoji: '👍', limit: 1 })).toEqual([one])
    expect(await latest.reactions.page({ messageId: id, emoji: '👍', after: one.sequence, limit: 9 })).toEqual([three])
    expect(await latest.reactions.byPairs([{ messageId: id, userId: ann }])).toEqual([
      { messageId: id, emoji: '🎉', userId: ann },
    ])
    const ofBoth = await latest.reactions.byPairs([
      { messageId: id, userId: ann },
      { messageId: id, userId: eve },
    ])
    expect(new Set(ofBoth.map(row => `${row.userId} ${row.emoji}`))).toEqual(new Set([`${ann} 🎉`, `${eve} 👍`]))
  })
}

const boundsContract = (open: OpenHarness): void => {
  test('rows come by any number of keys, each once, however often it is asked for', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const users = Array.from({ length: 2100 }, (_, index) => newUser(userId(`user-${index}`), 1))
    await scribe.write({ users })
    const group = await scribe.create({ members: users.map(({ id }) => id) })
    const { latest } = harness.store
    const ids = users.map(({ id }) => id)
    const asked = [...ids, userId('nobody'), ...ids.toReversed()]
    const sorted = ids.toSorted()
    expect((await latest.users.byIds(asked)).map(({ id }) => id).toSorted()).toEqual(sorted)
    const pairs = asked.map(id => ({ conversationId: group, userId: id }))
    expect((await latest.members.byPairs(pairs)).map(row => row.userId).toSorted()).toEqual(sorted)
    expect((await latest.log.memberships(pairs)).map(row => row.userId).toSorted()).toEqual(
      [...sorted, 'nobody'].toSorted(),
    )
    const messages = await scribe.sendMany(group, ann, 1200)
    await scribe.react(messages[1000] ?? fail(), bob, '🎉')
    const messageIds = messages.map(({ id }) => id)
    expect(await latest.messages.byIds([...messageIds, ...messageIds])).toHaveLength(1200)
    expect(await latest.reactions.summaries(messageIds)).toHaveLength(1)
    expect(await latest.reactions.byPairs(messageIds.map(messageId => ({ messageId, userId: bob })))).toHaveLength(1)
  })

  test('ping returns at once, also while all connections for reading are in use', async () => {
    await using harness = await open()
    const { store } = harness
    await using held = new AsyncDisposableStack()
    for (let index = 0; index < 8; index += 1) await held.use(store.snapshot()).log.heads([])
    const asked = performance.now()
    await store.ping()
    expect(performance.now() - asked).toBeLessThan(2000)
  })
}

const fail = (): never => {
  throw new TypeError('no such message')
}

export const readsContract = (open: OpenHarness): void => {
  isolationContract(open)
  byIdContract(open)
  timelineContract(open)
  reactionsContract(open)
  boundsContract(open)
}
