import { buildSchema, getOperationAST, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import type { Cost } from '../../../../src/infrastructure/graphql/cost/cost.ts'
import { requireCost } from '../../../../src/infrastructure/graphql/cost/cost-limits.ts'
import { annotateCosts } from '../../../../src/infrastructure/graphql/cost/field-cost.ts'
import { OperationCost } from '../../../../src/infrastructure/graphql/cost/operation-cost.ts'
import { SchemaCosts } from '../../../../src/infrastructure/graphql/cost/schema-costs.ts'
import { buildGraphQLSchema } from '../../../../src/infrastructure/graphql/schema/schema.ts'
import { numbers } from '../../clients/filling.ts'
import {
  conversationsQuery,
  eventsQuery,
  membersQuery,
  messagesQuery,
  moreMessagesQuery,
  reactorsQuery,
  richConversationsQuery,
  richEventsQuery,
} from '../../clients/selections.ts'
import { cpuMs } from '../process/cpu-time.ts'

const costs = new SchemaCosts(buildGraphQLSchema())

const costOf = (query: string, variables: Readonly<Record<string, unknown>> = {}): Cost => {
  const document = parse(query)
  const operation = getOperationAST(document)
  if (operation == null) throw new TypeError('there is no operation')
  return new OperationCost(costs, document, operation).of(variables)
}

const requireQuery = (query: string, variables: Readonly<Record<string, unknown>> = {}): void => {
  const operation = getOperationAST(parse(query))
  if (operation == null) throw new TypeError('there is no operation')
  requireCost(costOf(query, variables), operation.operation)
}

const aliases = (count: number, field: string): string =>
  numbers(count)
    .map(index => `a${index}: ${field}`)
    .join(' ')

describe('The cost of a query', () => {
  it('counts the rows of a page once, however they are reached', () => {
    const events = (first: number, inner: string) => `{ events(conversationId: "x", first: ${first}) { ${inner} } }`
    expect(costOf(events(100, 'hasMore')).rows).toBe(100)
    expect(costOf(events(100, 'events { sequence }')).rows).toBe(100)
    expect(costOf(events(100, 'events { ... on MessageCreated { message { id } } }')).rows).toBe(100)
    const messages = 'messages(last: 20) { edges { node { id } } pageInfo { endCursor } }'
    expect(costOf(`{ conversations(first: 10) { edges { node { ${messages} } } } }`).rows).toBe(10 + 10 * 20)
  })

  it('takes the greatest of types that exclude each other, and the sum of fields side by side', () => {
    const author = 'message { author { id } }'
    const events = (inner: string) => costOf(`{ events(conversationId: "x", first: 100) { events { ${inner} } } }`)
    const one = events(`... on MessageCreated { ${author} }`)
    const three = events(['Created', 'Updated', 'Deleted'].map(name => `... on Message${name} { ${author} }`).join(' '))
    expect(three).toEqual(one)
    expect(events(`a: actor { id } ... on MessageCreated { ${author} }`).rows).toBe(one.rows + 100)
  })

  it('counts what overlapping fragments select once', () => {
    const plain = costOf('{ conversation(id: "x") { id name lastMessage { id author { id } } } }')
    const overlapping = costOf(`{ conversation(id: "x") { id ...A ...B name lastMessage { ...M } } }
      fragment A on Conversation { id name lastMessage { id ...M } }
      fragment B on Conversation { ...A lastMessage { author { id } } }
      fragment M on Message { id author { id } }`)
    expect(overlapping).toEqual(plain)
  })

  it('counts statements of lists with arguments for each row around them, and of rows by ids once', () => {
    const page = (inner: string) => costOf(`{ conversations(first: 50) { edges { node { ${inner} } } } }`).statements
    expect(page('id')).toBe(1)
    expect(page('lastMessage { id }')).toBe(2)
    expect(page('lastMessage { author { id } } viewerMembership { id } heroes { id }')).toBe(5)
    expect(page('members(first: 5) { edges { node { id } } }')).toBe(1 + 50)
    expect(page('a: members(first: 5) { edges { node { id } } } b: members { edges { node { id } } }')).toBe(1 + 100)
    expect(page('messages(last: 1, afterSequence: 3) { edges { node { id } } }')).toBe(1 + 100)
  })

  it('takes sizes from arguments, variables, their defaults and what is usual', () => {
    const rows = (query: string, variables = {}) => costOf(query, variables).rows
    const withSize = 'query($n: Int = 20) { conversations(first: $n) { edges { node { id } } } }'
    expect(rows('{ conversations { edges { node { id } } } }')).toBe(50)
    expect(rows('{ conversations(first: 7) { edges { node { id } } } }')).toBe(7)
    expect(rows('{ conversations(first: null) { edges { node { id } } } }')).toBe(50)
    expect(rows('{ conversations(first: 100000) { edges { node { id } } } }')).toBe(100)
    expect(rows(withSize)).toBe(20)
    expect(rows(withSize, { n: 30 })).toBe(30)
    expect(rows(withSize, { n: null })).toBe(50)
    const nodes = 'query($ids: [ID!]!) { nodes(ids: $ids) { id } }'
    expect(rows(nodes, { ids: ['a', 'b', 'c'] })).toBe(3)
    expect(rows('{ nodes(ids: ["a", "b"]) { id } }')).toBe(2)
  })

  it('has each event for itself in a subscription', () => {
    const nested = (first: number) =>
      `subscription { inboxEvents { ... on MessageCreated { message { conversation { messages(last: ${first}) { edges { node { id } } } } } } } }`
    expect(() => requireQuery(nested(50))).not.toThrow()
    const wide = `subscription { inboxEvents { ... on MessageCreated { message { conversation {
      ${aliases(80, 'messages(last: 5) { edges { node { id } } }')} } } } } }`
    expect(() => requireQuery(wide)).toThrow('database reads')
  })
})

describe('What a chat asks for', () => {
  it.each([
    ['a thousand events', eventsQuery, { id: 'x', after: 0, first: 1000 }],
    ['a hundred messages', messagesQuery, { id: 'x', last: 100 }],
    ['a thousand members', membersQuery, { id: 'x', first: 1000 }],
    ['a hundred conversations', conversationsQuery, { first: 100 }],
    ['a thousand events with what is replied to', richEventsQuery, { id: 'x', after: 0, first: 1000 }],
    ['messages of conversations with what is replied to', richConversationsQuery, { first: 100 }],
    ['30 messages of each conversation', moreMessagesQuery, { first: 100 }],
    ['a hundred reactions to each of a hundred messages', reactorsQuery, { id: 'x', last: 100 }],
    [
      'the newest messages of each conversation',
      `{ conversations(first: 100) { edges { node { id name messages(last: 20) { edges { node { id sequence
        author { id displayName } content { text } } } } } } } }`,
      {},
    ],
  ])('is affordable: %s', (_, query, variables) => {
    expect(() => requireQuery(query, variables)).not.toThrow()
  })
})

const small = 'members(first: 1) { edges { node { id } } }'

/** Each is what the review found, or next to it. */
const hostile = [
  ['small lists in small lists, 50 times 50', `{ conversations { edges { node { ${aliases(50, small)} } } } }`],
  [
    'a hundred searches',
    `{ conversation(id: "x") { ${aliases(99, 'members(search: "a") { edges { node { id } } }')} } }`,
  ],
  [
    'searches in a page',
    '{ conversations(first: 11) { edges { node { members(search: "a") { pageInfo { endCursor } } } } } }',
  ],
  ['searches of users', `{ ${aliases(11, 'users(search: "a") { edges { node { id } } }')} }`],
  [
    'long lists in long lists',
    '{ conversations(first: 100) { edges { node { members(first: 1000) { edges { node { id } } } } } } }',
  ],
  [
    'a page of each member of a page',
    '{ conversation(id: "x") { members(first: 1000) { edges { node { conversation { messages { edges { node { id } } } } } } } } }',
  ],
  [
    'all members, and what each is in',
    `{ ${aliases(90, 'conversation(id: "x") { members(first: 1000) { edges { node { id user { id } } } } }')} }`,
  ],
  [
    'a gigabyte by 612 bytes',
    `{ conversations(first: 100) { edges { node { ...C } } } }
      fragment C on Conversation { ${aliases(10, 'messages(last: 100) { edges { node { ...M } } }')} }
      fragment M on Message { ${aliases(10, 'content { text }')} }`,
  ],
  [
    'fragments that multiply',
    `{ conversation(id: "x") { lastMessage { ...F0 } } }
      ${numbers(12)
        .map(level => `fragment F${level} on Message { ${aliases(6, `replyTo { ...F${level + 1} }`)} }`)
        .join(' ')}
      fragment F12 on Message { id }`,
  ],
  [
    'fragments that multiply in ever other sets',
    `{ conversation(id: "x") { lastMessage { ...F0 } } }
      ${numbers(13)
        .map(
          level => `fragment F${level} on Message { a: replyTo { ...F${level + 1} ...A${level} } b: replyTo { ...F${level + 1} ...B${level} } }
            fragment A${level} on Message { id ${level === 0 ? '' : `a: replyTo { ...A${level - 1} }`} }
            fragment B${level} on Message { version ${level === 0 ? '' : `b: replyTo { ...B${level - 1} }`} }`,
        )
        .join(' ')}
      fragment F13 on Message { id }`,
  ],
] as const

describe('What takes too much', () => {
  it.each(hostile)('is refused: %s', (_, query) => {
    expect(() => requireQuery(query)).toThrow(expect.objectContaining({ code: 'QUERY_TOO_COMPLEX' }))
  })

  it.each(hostile)('costs little to count: %s', async (_, query) => {
    const document = parse(query)
    const spent = await cpuMs(async () => {
      try {
        requireQuery(query)
      } catch {}
    })
    expect(document.definitions.length).toBeGreaterThan(0)
    expect(spent).toBeLessThan(100)
  })
})

describe('Every field that holds many, or that reads', () => {
  const schema = buildSchema('type Query { text: String again: Query }')

  it('has a cost, or the schema is not built', () => {
    expect(() => annotateCosts(schema, {})).toThrow('Query.again has no cost')
    expect(() => annotateCosts(schema, { 'Query.again': {} })).not.toThrow()
    expect(() => annotateCosts(schema, { 'Query.again': {}, 'Query.gone': {} })).toThrow('Query.gone does not exist')
  })
})
