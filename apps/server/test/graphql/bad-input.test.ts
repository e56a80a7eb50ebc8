import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, GraphQLServer } from './graphql-server.ts'

const unknownConversation = 'conv_01h455vb4pex5vsknk084sn02q'
const unknownMessage = 'msg_01h455vb4pex5vsknk084sn02q'
const unknownMembership = 'mem_01h455vb4pex5vsknk084sn02q'

let server: GraphQLServer
/** A conversation of alice and bob, with a message; mallory is in neither that nor her reach. */
let conversationId: string
let messageId: string
let membershipId: string
let own: string
let ownMessage: string

beforeAll(async () => {
  server = await GraphQLServer.open()
  conversationId = await server.create('alice', ['bob'])
  messageId = await server.send('alice', conversationId, 'Hello')
  await server.react('bob', messageId, '👍')
  const query = `query($id: ID!) { conversation(id: $id) { viewerMembership { id } } }`
  membershipId = await server.read<string>(
    'alice',
    query,
    { id: conversationId },
    'conversation',
    'viewerMembership',
    'id',
  )
  own = await server.create('mallory')
  ownMessage = await server.send('mallory', own, 'Mine')
})
afterAll(() => server[Symbol.asyncDispose]())

const without = ({ data, errors, status }: Answer) => ({
  status,
  data,
  errors: errors?.map(({ message, extensions }) => ({ message, extensions })),
})

const mutation = (name: string, type: string): string =>
  `mutation($input: ${type}!) { ${name}(input: $input) { __typename } }`

/** Each argument that takes an id, with what is put there; the rest of the input is sound. */
const idArguments: readonly (readonly [
  string,
  (id: string) => readonly [string, object],
  'conversation' | 'message',
])[] = [
  [
    'conversation(id:)',
    id => ['query($id: ID!) { conversation(id: $id) { id lastSequence } }', { id }],
    'conversation',
  ],
  ['message(id:)', id => ['query($id: ID!) { message(id: $id) { id } }', { id }], 'message'],
  ['node(id:) of a conversation', id => ['query($id: ID!) { node(id: $id) { id } }', { id }], 'conversation'],
  ['node(id:) of a message', id => ['query($id: ID!) { node(id: $id) { id } }', { id }], 'message'],
  ['nodes(ids:)', id => ['query($id: ID!) { nodes(ids: [$id]) { id } }', { id }], 'message'],
  [
    'events(conversationId:)',
    id => ['query($id: ID!) { events(conversationId: $id) { hasMore } }', { id }],
    'conversation',
  ],
  [
    'messages(around:)',
    id => [`query($id: ID!) { conversation(id: "${own}") { messages(around: $id) { edges { cursor } } } }`, { id }],
    'message',
  ],
  ...(
    [
      ['updateConversation', 'UpdateConversationInput', { name: 'x' }],
      ['deleteConversation', 'DeleteConversationInput', {}],
      ['joinConversation', 'JoinConversationInput', {}],
      ['leaveConversation', 'LeaveConversationInput', {}],
      ['addMembers', 'AddMembersInput', { userIds: ['mallory'] }],
      ['removeMember', 'RemoveMemberInput', { userId: 'bob' }],
      ['sendMessage', 'SendMessageInput', { content: { text: { text: 'x' } } }],
    ] as const
  ).map(
    ([name, type, more]) =>
      [
        `${name}(conversationId:)`,
        (id: string) => [mutation(name, type), { input: { conversationId: id, ...more } }] as const,
        'conversation',
      ] as const,
  ),
  [
    'sendMessage(replyToId:)',
    id => [
      mutation('sendMessage', 'SendMessageInput'),
      { input: { conversationId: own, content: { text: { text: 'x' } }, replyToId: id } },
    ],
    'message',
  ],
  ...(
    [
      ['updateMessage', 'UpdateMessageInput', { content: { text: { text: 'x' } } }],
      ['deleteMessage', 'DeleteMessageInput', {}],
      ['addReaction', 'AddReactionInput', { emoji: '👍' }],
      ['removeReaction', 'RemoveReactionInput', { emoji: '👍' }],
    ] as const
  ).map(
    ([name, type, more]) =>
      [
        `${name}(messageId:)`,
        (id: string) => [mutation(name, type), { input: { messageId: id, ...more } }] as const,
        'message',
      ] as const,
  ),
]

describe("A foreign conversation's ids", () => {
  for (const [name, operation, kind] of idArguments)
    it(`have the answer of unknown ones, of another kind and of none in ${name}`, async () => {
      const before = await server.lastSequence('alice', conversationId)
      const [foreign, unknown, otherKind] =
        kind === 'conversation'
          ? [conversationId, unknownConversation, messageId]
          : [messageId, unknownMessage, conversationId]
      const answers = await Promise.all(
        [foreign, unknown, otherKind, 'nonsense', ''].map(async id =>
          without(await server.ask('mallory', ...operation(id))),
        ),
      )
      const [first, ...others] = answers
      for (const answer of name.startsWith('node') ? others.slice(0, 1) : others) expect(answer).toEqual(first)
      const data = JSON.stringify(first?.data)
      expect(data === undefined || /^(\{"[a-zA-Z]+":(null|\[null\])\})$/.test(data)).toBe(true)
      expect(await server.lastSequence('alice', conversationId)).toBe(before)
    })

  it('show nothing through node(id) of a membership', async () => {
    const query = 'query($id: ID!) { node(id: $id) { id } }'
    expect(without(await server.ask('mallory', query, { id: membershipId }))).toEqual(
      without(await server.ask('mallory', query, { id: unknownMembership })),
    )
    const { data } = await server.ask('bob', query, { id: membershipId })
    expect(data).toEqual({ node: { id: membershipId } })
  })
})

const send = (text: string, more: object = {}) =>
  [
    mutation('sendMessage', 'SendMessageInput'),
    { input: { conversationId: own, content: { text: { text } }, ...more } },
  ] as const
const react = (emoji: string) =>
  [mutation('addReaction', 'AddReactionInput'), { input: { messageId: ownMessage, emoji } }] as const
const page = (selection: string) =>
  [`{ conversation(id: "${own}") { ${selection} { edges { cursor } } } }`, {}] as const
const forged = Buffer.from('["timeline","elsewhere",1]').toString('base64url')

/** Built when the ids are known. */
const refused: readonly (readonly [string, () => readonly [string, object], string, string?])[] = [
  ['an empty text', () => send(''), 'BAD_USER_INPUT', 'content.text.text'],
  ['a blank text', () => send('  \n '), 'BAD_USER_INPUT', 'content.text.text'],
  ['a text that is too long', () => send('x'.repeat(101)), 'BAD_USER_INPUT', 'content.text.text'],
  ['a NUL in a text', () => send('a\0b'), 'BAD_USER_INPUT', 'content.text.text'],
  ['half of a surrogate pair', () => send('a\ud800'), 'BAD_USER_INPUT', 'content.text.text'],
  ['metadata over 4 KiB', () => send('x', { metadata: { a: 'x'.repeat(5000) } }), 'BAD_USER_INPUT', 'metadata'],
  [
    'metadata that is too deep',
    () => send('x', { metadata: JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`) }),
    'BAD_USER_INPUT',
  ],
  ['an empty clientMessageId', () => send('x', { clientMessageId: '' }), 'BAD_USER_INPUT', 'clientMessageId'],
  ['content with no field', () => send('x', { content: {} }), 'BAD_USER_INPUT'],
  ['a letter as an emoji', () => react('a'), 'BAD_USER_INPUT', 'emoji'],
  ['two emoji', () => react('👍👍'), 'BAD_USER_INPUT', 'emoji'],
  ['no emoji', () => react(''), 'BAD_USER_INPUT', 'emoji'],
  ['first: -1', () => page('messages(first: -1)'), 'BAD_USER_INPUT', 'first'],
  ['first: 0', () => page('messages(first: 0)'), 'BAD_USER_INPUT', 'first'],
  ['first: 100000', () => page('messages(first: 100000)'), 'BAD_USER_INPUT', 'first'],
  ['last: 101', () => page('messages(last: 101)'), 'BAD_USER_INPUT', 'last'],
  ['first and last', () => page('messages(first: 1, last: 1)'), 'BAD_USER_INPUT', 'last'],
  ['members(first: 1001)', () => page('members(first: 1001)'), 'BAD_USER_INPUT', 'first'],
  ['a forged cursor', () => page('messages(after: "forged")'), 'BAD_USER_INPUT', 'after'],
  ['a cursor of another list', () => page(`messages(before: "${forged}")`), 'BAD_USER_INPUT', 'before'],
  ['a cursor as text', () => page('members(after: "W10")'), 'BAD_USER_INPUT', 'after'],
  ['a negative sequence', () => page('messages(afterSequence: -1)'), 'BAD_USER_INPUT', 'afterSequence'],
  ['two ways to page', () => page('messages(aroundSequence: 1, afterSequence: 1)'), 'BAD_USER_INPUT', 'afterSequence'],
  ['events after the head', () => [`{ events(conversationId: "${own}", after: 99) { hasMore } }`, {}], 'RESYNC'],
  [
    'events before the beginning',
    () => [`{ events(conversationId: "${own}", after: -1) { hasMore } }`, {}],
    'BAD_USER_INPUT',
    'after',
  ],
  [
    'events(first: 1001)',
    () => [`{ events(conversationId: "${own}", first: 1001) { hasMore } }`, {}],
    'BAD_USER_INPUT',
    'first',
  ],
  ['events of another epoch', () => [`{ events(conversationId: "${own}", epoch: "x") { hasMore } }`, {}], 'RESYNC'],
  [
    'a forged cursor of conversations',
    () => ['{ conversations(after: "x") { edges { cursor } } }', {}],
    'BAD_USER_INPUT',
    'after',
  ],
  [
    'nodes of 101',
    () => ['query($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array(101).fill('x') }],
    'BAD_USER_INPUT',
    'ids',
  ],
  [
    'null for an argument with a default',
    () => [`query($n: Int) { events(conversationId: "${own}", first: $n) { hasMore } }`, { n: null }],
    'BAD_USER_INPUT',
  ],
  [
    'a sequence beyond Int',
    () => [`query($n: Int!) { events(conversationId: "${own}", after: $n) { hasMore } }`, { n: 2 ** 31 }],
    'BAD_USER_INPUT',
  ],
  ['an unknown field', () => ['{ nothing }', {}], 'BAD_USER_INPUT'],
  ['no GraphQL at all', () => ['{', {}], 'BAD_USER_INPUT'],
  [
    'a key without a service token',
    () => [mutation('createConversation', 'CreateConversationInput'), { input: { kind: 'GROUP', key: 'k' } }],
    'FORBIDDEN',
  ],
]

describe('Bad input', () => {
  for (const [name, operation, code, field] of refused)
    it(`is refused with ${code}, and changes nothing: ${name}`, async () => {
      const before = await server.lastSequence('mallory', own)
      const { errors } = await server.ask('mallory', ...operation())
      expect(errors).toMatchObject([{ extensions: { code, ...(field === undefined ? {} : { field }) } }])
      expect(await server.lastSequence('mallory', own)).toBe(before)
    })

  it('is reported as UNAUTHENTICATED or TOKEN_EXPIRED for a missing, expired or invalid token', async () => {
    const query = '{ viewer { user { id } } server { version } __typename }'
    const open = await server.ask(undefined, '{ server { version } __typename }')
    expect(open.status).toBe(200)
    expect(open.data).toEqual({ server: { version: '0.0.0-test' }, __typename: 'Query' })
    for (const [authorization, code] of [
      [undefined, 'UNAUTHENTICATED'],
      [`Bearer ${await server.token('alice', -60)}`, 'TOKEN_EXPIRED'],
      ['Bearer x.y.z', 'UNAUTHENTICATED'],
      ['Basic abc', 'UNAUTHENTICATED'],
    ] as const) {
      const answer = await server.ask(undefined, query, {}, authorization === undefined ? {} : { authorization })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('content-type')).toContain('application/graphql-response+json')
      expect(answer).toMatchObject({ errors: [{ extensions: { code } }] })
      expect(answer.data).toBeUndefined()
    }
  })
})

describe('A request that asks for too much', () => {
  const nested = (depth: number): string =>
    depth === 0 ? 'id' : `message(id: "x") { replyTo { ${'replyTo { '.repeat(depth)}id${' }'.repeat(depth)} } }`
  const bomb = Array.from({ length: 12 }, (_, level) => {
    const spreads = Array.from({ length: 8 }, (_, index) => `a${index}: replyTo { ...F${level + 1} }`)
    return `fragment F${level} on Message { ${spreads.join(' ')} }`
  }).join('\n')
  const wide =
    'messages(first: 100) { edges { node { reactions { users { id displayName } } reactors(first: 100) { edges { node { user { id } } } } } } }'
  for (const [name, query] of [
    ['depth', `{ ${nested(16)} }`],
    ['aliases', `{ ${Array.from({ length: 101 }, (_, index) => `a${index}: __typename`).join(' ')} }`],
    ['tokens', `{ ${'__typename '.repeat(5000)} }`],
    ['cost', `{ conversations(first: 100) { edges { node { ${wide} } } } }`],
    ['fragments that multiply', `{ message(id: "x") { ...F0 } }\n${bomb}\nfragment F12 on Message { id }`],
    ['size', `{ __typename } # ${'x'.repeat(1_048_577)}`],
  ] as const)
    it(`is refused: ${name}`, async () => {
      const { errors } = await server.ask('alice', query)
      expect(errors).toMatchObject([{ extensions: { code: 'QUERY_TOO_COMPLEX' } }])
    })
})
