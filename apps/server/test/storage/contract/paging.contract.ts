import type { Conversation, ConversationId, MessageStore, UserId, UserPlace } from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { usersNamed, writeConversations, writeUsers } from '../bulk.ts'
import { conversationId, userId } from '../named-ids.ts'
import type { OpenHarness } from './store-harness.ts'

const ann = userId('ann')

/** More pages than there are rows: a list that needs more does not end. */
const maxPages = 5000

const newestFirst = (one: Conversation, other: Conversation): number =>
  other.lastActivityAt - one.lastActivityAt || (one.id < other.id ? 1 : -1)

const everyConversation = async (store: MessageStore, limits: readonly number[], kinds?: readonly 'GROUP'[]) => {
  const ids: ConversationId[] = []
  let after: { lastActivityAt: number; id: ConversationId } | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const limit = limits[page % limits.length] ?? 1
    const rows = await store.latest.conversations.ofUser({
      userId: ann,
      limit,
      ...(kinds && { kinds }),
      ...(after && { after }),
    })
    ids.push(...rows.map(row => row.id))
    after = rows.at(-1)
    if (rows.length < limit) return ids
  }
  throw new Error('the list does not end')
}

const everyMember = async (store: MessageStore, id: ConversationId, search: string, limits: readonly number[]) => {
  const sequences: number[] = []
  let after: number | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const limit = limits[page % limits.length] ?? 1
    const found = await store.latest.members.search({ conversationId: id, search, limit, ...(after && { after }) })
    expect(found.memberships.length).toBeLessThanOrEqual(limit)
    sequences.push(...found.memberships.map(row => row.joinedSequence))
    if (found.after === undefined) return sequences
    after = found.after
  }
  throw new Error('the list does not end')
}

const everyUser = async (store: MessageStore, search: string, limits: readonly number[]) => {
  const ids: UserId[] = []
  let after: UserPlace | undefined
  for (let page = 0; page < maxPages; page += 1) {
    const limit = limits[page % limits.length] ?? 1
    const found = await store.latest.users.search({ search, limit, ...(after && { after }) })
    expect(found.users.length).toBeLessThanOrEqual(limit)
    ids.push(...found.users.map(user => user.id))
    if (found.after === undefined) return ids
    after = found.after
  }
  throw new Error('the list does not end')
}

const pageSizes = fc.array(fc.integer({ min: 20, max: 1500 }), { minLength: 1, maxLength: 4 })

/** How many of the server's conversations, which have been active in so many minutes, are hers. */
const inboxes = [
  { hers: 1, others: 0, minutes: 1 },
  { hers: 1300, others: 0, minutes: 1 },
  { hers: 1300, others: 0, minutes: 3000 },
  { hers: 2500, others: 2500, minutes: 40 },
  { hers: 1300, others: 8000, minutes: 40 },
]

const conversationsContract = (open: OpenHarness): void => {
  test.for(inboxes)(
    'a user with $hers conversations, among $others others, over $minutes minutes, finds each once and in order, by pages of any size',
    { timeout: 60_000 },
    async ({ hers, others, minutes }) => {
      await using harness = await open()
      const { store } = harness
      const total = hers + others
      const written = await writeConversations(
        store,
        Array.from({ length: total }, (_, index) => ({
          number: index + 1,
          kind: index % 3 === 0 ? ('GROUP' as const) : ('CHANNEL' as const),
          // Several have the same moment.
          lastActivityAt: 1_700_000_000_000 + ((index * 7919) % (minutes * 20)) * 3000,
          members: [(index * 31) % total < hers ? ann : userId('bob')],
        })),
      )
      const mine = written.filter((_, index) => (index * 31) % total < hers).sort(newestFirst)
      await fc.assert(
        fc.asyncProperty(pageSizes, async limits => {
          expect(await everyConversation(store, limits)).toEqual(mine.map(({ id }) => id))
        }),
        { numRuns: 3 },
      )
      const groups = mine.filter(({ kind }) => kind === 'GROUP').map(({ id }) => id)
      expect(await everyConversation(store, [70, 1], ['GROUP'])).toEqual(groups)
    },
  )
}

/** Users of a group, and of the server beside it, whose name begins with `na`, and whose id alone does. */
const groups = [
  { members: 300, named: 40, byId: 3, elsewhere: 3000 },
  { members: 1500, named: 40, byId: 3, elsewhere: 0 },
  { members: 5500, named: 40, byId: 30, elsewhere: 2300 },
  { members: 2500, named: 2400, byId: 10, elsewhere: 0 },
]

const membersContract = (open: OpenHarness): void => {
  test.for(groups)(
    'a search among $members members, $elsewhere others of the same beginning beside them, finds each once and in order of joining',
    { timeout: 60_000 },
    async ({ members, named, byId, elsewhere }) => {
      await using harness = await open()
      const { store } = harness
      const isNamed = (index: number): boolean => (index * 7) % members < named
      const isById = (index: number): boolean => !isNamed(index) && (index * 7) % members < named + byId
      const ids = Array.from({ length: members }, (_, index) => userId(`${isById(index) ? 'NA-' : 'u-'}${index}`))
      const besides = Array.from({ length: elsewhere }, (_, index) => userId(`x-${index}`))
      await writeUsers(
        store,
        usersNamed(ids, (_, index) => (isNamed(index) ? `Naomi ${index}` : `Zoe ${index}`)),
      )
      await writeUsers(
        store,
        usersNamed(besides, () => 'Nadia'),
      )
      await writeConversations(store, [{ number: 1, members: ids }])
      const expected = ids.flatMap((_, index) => (isNamed(index) || isById(index) ? [index + 1] : []))
      await fc.assert(
        fc.asyncProperty(pageSizes, async limits => {
          expect(await everyMember(store, conversationId(1), 'nA', limits)).toEqual(expected)
        }),
        { numRuns: 3 },
      )
      expect(await everyMember(store, conversationId(1), 'nothing', [50])).toEqual([])
    },
  )
}

const usersContract = (open: OpenHarness): void => {
  test('a search for users finds each once, by name and then by id, by pages of any size, however many are found twice', async () => {
    await using harness = await open()
    const { store } = harness
    const ids = Array.from({ length: 4000 }, (_, index) => userId(`sam-${String(index).padStart(4, '0')}`))
    // Found by both; by name alone; by id alone, of which the last come after thousands that were found by name already.
    const users = [
      ...usersNamed(ids, (id, index) => (index % 1333 === 0 ? `Kim ${index}` : id)),
      ...usersNamed(
        Array.from({ length: 30 }, (_, index) => userId(`z-${index}`)),
        () => 'Sam',
      ),
      ...usersNamed([userId('SAM-0001'), userId('Sam-3999')], () => 'Kim'),
    ]
    await writeUsers(store, users)
    const byName = users.filter(({ displayName }) => displayName.toLowerCase().startsWith('sam'))
    const folded = ({ displayName }: (typeof users)[number]) => displayName.toLowerCase()
    const inOrder = byName.toSorted(
      (one, other) =>
        Buffer.compare(Buffer.from(folded(one)), Buffer.from(folded(other))) || (one.id < other.id ? -1 : 1),
    )
    const byId = users
      .filter(user => !byName.includes(user))
      .toSorted((one, other) => {
        const [first, second] = [one.id.toLowerCase(), other.id.toLowerCase()]
        return first === second ? (one.id < other.id ? -1 : 1) : first < second ? -1 : 1
      })
    const expected = [...inOrder, ...byId].map(({ id }) => id)
    await fc.assert(
      fc.asyncProperty(pageSizes, async limits => {
        expect(await everyUser(store, 'SAM', limits)).toEqual(expected)
      }),
      { numRuns: 3 },
    )
    expect(await everyUser(store, 'sam-0', [inOrder.length, 1])).toHaveLength(1001)
    expect(await everyUser(store, '', [999])).toHaveLength(users.length)
  }, 60_000)
}

/** Lists that are too long to be looked at as a whole: paging through them gives all of it all the same. */
export const pagingContract = (open: OpenHarness): void => {
  conversationsContract(open)
  membersContract(open)
  usersContract(open)
}
