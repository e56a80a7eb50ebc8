import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from '../../../src/infrastructure/graphql/execution/interface/answer.ts'
import { guardRootFields } from '../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'
import { CpuAccount } from '../../../src/infrastructure/scheduling/cpu-account.ts'
import { GraphQLServer, userId } from '../../graphql/graphql-server.ts'
import { sessionOf } from '../../session-of.ts'
import { calmestTurnMs, maxTurnMs } from '../clients/event-loop-turns.ts'
import { eachOf, filledGroup, numbers } from '../clients/filling.ts'
import {
  conversationsQuery,
  eventsQuery,
  membersQuery,
  messagesQuery,
  moreMessagesQuery,
  reactorsQuery,
  richConversationsQuery,
  richEventsQuery,
} from '../clients/selections.ts'

const maxBytes = 8 * 1024 * 1024
const maxMemory = 64_000_000

let server: GraphQLServer
let group: string
beforeAll(async () => {
  server = await GraphQLServer.open({ limits: { textLength: 10_000 } })
  group = await filledGroup(server, 'ann', { members: 1000, messages: 500, text: index => `${index} `.repeat(20) })
  await eachOf(numbers(100), async index => {
    const id = await server.create('ann', [`member${index}`, 'ben'])
    for (const text of ['one', 'two', 'three']) await server.react('ben', await server.send('ann', id, text), '👍')
  })
}, 60_000)
afterAll(() => server[Symbol.asyncDispose]())

const aliases = (count: number, field: string): string =>
  numbers(count)
    .map(index => `a${index}: ${field}`)
    .join(' ')

const members = 'members(first: 1000) { edges { cursor node { id role joinedAt user { id displayName avatarUrl } } } }'
const leanMembers = 'members(first: 1000) { edges { node { role user { id } } } }'
const messages =
  'messages(last: 100) { edges { node { id author { id } content { text } reactions { emoji count } } } }'

/** Each is affordable, and takes nearly all of one of the limits. */
const affordable = [
  ['all members nine times', `query($id: ID!) { conversation(id: $id) { ${aliases(9, members)} } }`],
  ['all members 19 times', `query($id: ID!) { conversation(id: $id) { ${aliases(19, leanMembers)} } }`],
  ['the newest messages 35 times', `query($id: ID!) { conversation(id: $id) { ${aliases(35, messages)} } }`],
  [
    'messages of all conversations',
    `{ conversations(first: 100) { edges { node { id messages(last: 40) { edges { node { id sequence author { id } content { text } } } } } } } }`,
  ],
  [
    'nine lists of each conversation',
    `{ conversations(first: 100) { edges { node { id ${aliases(9, 'members(first: 1) { edges { node { id } } }')} } } } }`,
  ],
  [
    'events with all that they show, twice',
    `query($id: ID!) { ${aliases(2, 'events(conversationId: $id, after: 900, first: 1000) { events { ... on MessageCreated { message { id author { id } content { text mentions { id } } reactions { emoji } } } } }')} }`,
  ],
  [
    'messages of each member',
    `query($id: ID!) { conversation(id: $id) { members(first: 900) { edges { node { conversation { messages(last: 38) { edges { node { id } } } } } } } } }`,
  ],
  ['many fields', `query($id: ID!) { conversation(id: $id) { ${members} } ${aliases(90, 'viewer { user { id } }')} }`],
] as const

/** The turns are of the calmest of a few runs. */
const send = async (
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<{ answer: Answer; turnMs: number; rss: number }> => {
  const runner = new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)
  const session = sessionOf(userId('ann'), Number.MAX_SAFE_INTEGER)
  const caller = { session, resume: undefined, account: new CpuAccount() }
  let [answer, rss]: [Answer, number] = [{}, 0]
  const turnMs = await calmestTurnMs(async attempt => {
    const before = process.memoryUsage.rss()
    // Another text, so that it is not cached.
    const { document, errors } = runner.prepare(`${query} # ${attempt}`, caller)
    answer = document === undefined ? { errors } : await runner.execute({ document, variables }, caller)
    rss = process.memoryUsage.rss() - before
  })
  return { answer, turnMs, rss }
}

describe('An operation that takes nearly as much as it may', () => {
  const ordinary = [
    ['the largest page of events', eventsQuery, { after: 0, first: 1000 }],
    ['the largest page of messages', messagesQuery, { last: 100 }],
    ['the largest page of members', membersQuery, { first: 1000 }],
    ['the largest page of conversations', conversationsQuery, { first: 100 }],
    ['the largest page of events with what is replied to', richEventsQuery, { after: 0, first: 1000 }],
    ['messages of conversations with what is replied to', richConversationsQuery, { first: 100 }],
    ['30 messages of each conversation', moreMessagesQuery, { first: 100 }],
    ['reactions to the largest page of messages', reactorsQuery, { last: 100 }],
  ] as const
  it.each([...affordable.map(([name, query]) => [name, query, {}] as const), ...ordinary])(
    'is answered and leaves the event loop its turns: %s',
    async (_, query, variables) => {
      const { answer, turnMs, rss } = await send(query, { id: group, ...variables })
      expect(answer.errors).toBeUndefined()
      expect(Buffer.byteLength(answer.data ?? '')).toBeLessThanOrEqual(maxBytes)
      expect(turnMs).toBeLessThan(maxTurnMs)
      expect(rss).toBeLessThan(maxMemory)
    },
  )
})

const spreads = numbers(80)
  .map(index => `...F${index}`)
  .join(' ')

const nestedCopies = (depth: number): string => {
  const below = (level: number): string =>
    level === 0 ? 'id' : `lastMessage { conversation { ${below(level - 1)} } } `.repeat(3)
  return `{ conversation(id: "x") { ${below(depth)} } }`
}

/** Validation compares each with each. */
const crowded = [
  [
    'fragments side by side',
    `{ viewer { user { ${spreads} } } } ${numbers(80)
      .map(index => `fragment F${index} on User { id displayName kind }`)
      .join(' ')}`,
  ],
  [
    'deep fragments side by side',
    `{ conversation(id: "x") { ${numbers(40)
      .map(index => `...F${index}`)
      .join(' ')} } } ${numbers(40)
      .map(
        index =>
          `fragment F${index} on Conversation { lastMessage { conversation { lastMessage { conversation { id } } } } heroes { id } }`,
      )
      .join(' ')}`,
  ],
  ['a field with itself', `{ ${'viewer { user { id displayName kind } } '.repeat(60)} }`],
  ['fields with themselves, in each other', nestedCopies(4)],
] as const

describe('A document that is too crowded', () => {
  const fragments = numbers(140)
    .map(index => `fragment F${index} on User { id ...F${(index + 1) % 140} }`)
    .join(' ')
  it.each([
    ['fields with themselves, in each other', nestedCopies(6)],
    ['a field 150 times', `{ ${'viewer { user { id } } '.repeat(150)} }`],
    ['fragments 140 times', `{ viewer { user { ${numbers(140).map(index => `...F${index}`)} } } } ${fragments}`],
  ])('is refused before it is validated: %s', async (_, query) => {
    const { answer, turnMs } = await send(query, {})
    expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual(['QUERY_TOO_COMPLEX'])
    expect(turnMs).toBeLessThan(maxTurnMs)
  })

  it('gets an error for a cycle of fragments', async () => {
    const query = '{ viewer { user { ...A } } } fragment A on User { id ...B } fragment B on User { kind ...A }'
    const { answer } = await send(query, {})
    expect(answer.errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT'])
  })
})

describe('A document that is as crowded as it may be', () => {
  it.each(crowded)('leaves the event loop its turns: %s', async (_, query) => {
    const { turnMs } = await send(query, {})
    expect(turnMs).toBeLessThan(maxTurnMs)
  })
})
