import { Refusal } from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Backend } from '../../backend.ts'
import { Collector } from '../../delivery/collector.ts'
import { dig, GraphQLServer } from '../../graphql/graphql-server.ts'

let server: GraphQLServer
let conversationId: string
let channelId: string
let messageId: string
beforeAll(async () => {
  server = await GraphQLServer.open()
  conversationId = await server.create('alice', ['bob', 'carol'])
  await server.create('alice', ['bob'])
  channelId = await server.create('alice', [], 'CHANNEL')
  await server.create('alice', [], 'CHANNEL')
  messageId = await server.send('alice', conversationId, 'Hello')
  for (const name of ['alice', 'bob', 'carol']) await server.react(name, messageId, '👍')
})
afterAll(() => server[Symbol.asyncDispose]())

/** Codes of a refusal that is the client's; the store's failures are others. */
const own = ['BAD_USER_INPUT', 'NOT_FOUND', 'FORBIDDEN', 'CONFLICT', 'RESYNC', 'MESSAGE_DELETED', 'QUERY_TOO_COMPLEX']

const codesOf = async (name: string, query: string, variables: object): Promise<readonly string[]> => {
  const { errors = [] } = await server.ask(name, query, variables)
  return errors.map(({ extensions }) => String(extensions.code))
}

interface Paged {
  readonly query: (page: string) => string
  readonly variables: () => object
  /** Where the connection is in the answer. */
  readonly path: readonly (string | number)[]
  /** Names of its cursor arguments. */
  readonly cursors: readonly string[]
}

const inConversation = (field: (page: string) => string) => (page: string) =>
  `query($id: ID!, $c: String) { conversation(id: $id) { list: ${field(page)} } }`
const reactors = (emoji: string) => (page: string) =>
  `query($id: ID!, $c: String) { message(id: $id) { list: reactors(${emoji} ${page}) { edges { cursor } } } }`
const root = (field: (page: string) => string) => (page: string) => `query($c: String) { list: ${field(page)} }`
const edges = '{ edges { cursor } }'
const ofConversation = { variables: () => ({ id: conversationId }), path: ['conversation', 'list'] }
const ofMessage = { variables: () => ({ id: messageId }), path: ['message', 'list'], cursors: ['after'] }
const ofRoot = { variables: () => ({}), path: ['list'], cursors: ['after'] }

const connections: Readonly<Record<string, Paged>> = {
  messages: {
    ...ofConversation,
    query: inConversation(page => `messages(${page.startsWith('before') ? 'last' : 'first'}: 1, ${page}) ${edges}`),
    cursors: ['after', 'before'],
  },
  members: {
    ...ofConversation,
    query: inConversation(page => `members(first: 1, ${page}) ${edges}`),
    cursors: ['after'],
  },
  'members by name': {
    ...ofConversation,
    query: inConversation(page => `members(search: "a", first: 1, ${page}) ${edges}`),
    cursors: ['after'],
  },
  reactors: { ...ofMessage, query: reactors('first: 1') },
  'reactors with an emoji': { ...ofMessage, query: reactors('emoji: "👍", first: 1') },
  conversations: { ...ofRoot, query: root(page => `conversations(first: 1, ${page}) ${edges}`) },
  'conversations of a kind': {
    ...ofRoot,
    query: root(page => `conversations(filter: { kinds: [GROUP] }, first: 1, ${page}) ${edges}`),
  },
  channels: { ...ofRoot, query: root(page => `channels(first: 1, ${page}) ${edges}`) },
  'channels by name': { ...ofRoot, query: root(page => `channels(search: "a", first: 1, ${page}) ${edges}`) },
  users: { ...ofRoot, query: root(page => `users(search: "a", first: 1, ${page}) ${edges}`) },
}

const id = '01h455vb4pex5vsknk084sn02q'
const nasty = ['\0', 'a\0b', '\ud800', '\udfff', 'a\udc00b', '\uffff', '\u{10ffff}', '', ' ', '\\', "'", '"', '\u200b']
const numbers = [
  -1,
  -0,
  0,
  0.5,
  1e-9,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
  1e20,
  1e308,
  -(2 ** 31),
  8.64e15,
]
const values = fc.oneof(
  fc.constantFrom(...numbers),
  fc.constantFrom(
    ...nasty,
    `conv_${id}`,
    `msg_${id}`,
    `mem_${id}`,
    'alice',
    'everyone',
    'x'.repeat(3000),
    '🦊'.repeat(200),
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }),
)

/** A cursor with something else in one of its places, or of another form. */
const forgedFrom = (cursor: string): fc.Arbitrary<string> => {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const parts: readonly unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  const at = fc.nat({ max: parts.length - 1 })
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(at, values).map(([index, value]) => encode(parts.with(index, value))) },
    { weight: 4, arbitrary: fc.array(values, { maxLength: 4 }).map(rest => encode([...parts.slice(0, 2), ...rest])) },
    fc.tuple(at, at).map(([one, other]) => encode(parts.with(one, parts[other]))),
    fc.array(values, { maxLength: 5 }).map(encode),
    fc.jsonValue().map(encode),
    fc.tuple(fc.nat({ max: cursor.length }), fc.string({ unit: 'binary', maxLength: 3 })).map(([index, text]) => {
      return `${cursor.slice(0, index)}${text}${cursor.slice(index + 1)}`
    }),
    fc.constantFrom(`${cursor}=`, `${cursor}\n`, ` ${cursor}`, cursor.repeat(2), cursor.slice(1), 'x'.repeat(100_000)),
    fc
      .constant(`[${parts.map(part => JSON.stringify(part)).join(' , ')}]`)
      .map(text => Buffer.from(text).toString('base64url')),
    fc.string({ unit: 'binary' }),
  )
}

describe('A forged cursor', () => {
  for (const [name, { query, variables, path, cursors }] of Object.entries(connections))
    it(`of ${name} is a place in the list or BAD_USER_INPUT, and the true one is a place`, async () => {
      const data = await server.read('alice', query(`${cursors[0]}: $c`), { ...variables(), c: null })
      const [first] = dig<readonly { readonly cursor: string }[]>(data, [...path, 'edges'])
      if (first === undefined) throw new TypeError(`${name} is empty`)
      for (const argument of cursors) {
        const answer = (cursor: string) => codesOf('alice', query(`${argument}: $c`), { ...variables(), c: cursor })
        expect(await answer(first.cursor)).toEqual([])
        await fc.assert(
          fc.asyncProperty(forgedFrom(first.cursor), async forged => {
            for (const code of await answer(forged)) expect(code).toBe('BAD_USER_INPUT')
          }),
          { numRuns: 60 },
        )
      }
    })

  it('with bounds that no column has is refused in each of the known forms', async () => {
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const forms: readonly (readonly [keyof typeof connections, unknown])[] = [
      ['messages', ['timeline', conversationId, 2 ** 31]],
      ['members', ['members', conversationId, 2 ** 53 - 1]],
      ['reactors', ['reactors', `${messageId} `, 2 ** 31]],
      ['conversations', ['conversations', '', 2 ** 53 - 1, channelId]],
      ['channels', ['channels', '', 'a\0b', channelId]],
      ['channels', ['channels', '', '\ud800', channelId]],
      ['users', ['users', '', '\0', 'alice']],
      ['users', ['users', '', 'x'.repeat(2000), 'alice']],
    ]
    for (const [name, form] of forms) {
      const connection = connections[name]
      if (connection === undefined) throw new TypeError(name)
      const codes = await codesOf('alice', connection.query('after: $c'), {
        ...connection.variables(),
        c: encode(form),
      })
      expect({ form, codes }).toEqual({ form, codes: ['BAD_USER_INPUT'] })
    }
  })
})

const mutation = (name: string, more = ''): string =>
  `mutation($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { __typename } }${more}`
const content = { text: { text: 'hello' } }

/** Every argument that takes a text, with that text in it. */
const textArguments: Readonly<Record<string, (text: string) => readonly [string, object]>> = {
  'conversation(id:)': text => ['query($t: ID!) { conversation(id: $t) { id } }', { t: text }],
  'conversationByKey(key:)': text => ['query($t: String!) { conversationByKey(key: $t) { id } }', { t: text }],
  'message(id:)': text => ['query($t: ID!) { message(id: $t) { id } }', { t: text }],
  'node(id:)': text => ['query($t: ID!) { node(id: $t) { id } }', { t: text }],
  'nodes(ids:)': text => ['query($t: ID!) { nodes(ids: [$t, $t]) { id } }', { t: text }],
  'user(id:)': text => ['query($t: ID!) { user(id: $t) { id } }', { t: text }],
  'users(search:)': text => ['query($t: String!) { users(search: $t) { edges { cursor } } }', { t: text }],
  'channels(search:)': text => ['query($t: String!) { channels(search: $t) { edges { cursor } } }', { t: text }],
  'members(search:)': text => [
    'query($id: ID!, $t: String!) { conversation(id: $id) { members(search: $t) { edges { cursor } } } }',
    { id: conversationId, t: text },
  ],
  'messages(around:)': text => [
    'query($id: ID!, $t: ID!) { conversation(id: $id) { messages(around: $t) { edges { cursor } } } }',
    { id: conversationId, t: text },
  ],
  'reactors(emoji:)': text => [
    'query($id: ID!, $t: String!) { message(id: $id) { reactors(emoji: $t) { edges { cursor } } } }',
    { id: messageId, t: text },
  ],
  'events(epoch:)': text => [
    'query($id: ID!, $t: ID!) { events(conversationId: $id, epoch: $t) { hasMore } }',
    { id: conversationId, t: text },
  ],
  'createConversation(name:)': text => [mutation('createConversation'), { input: { kind: 'GROUP', name: text } }],
  'createConversation(topic:)': text => [mutation('createConversation'), { input: { kind: 'GROUP', topic: text } }],
  'createConversation(key:)': text => [mutation('createConversation'), { input: { kind: 'GROUP', key: text } }],
  'createConversation(idempotencyKey:)': text => [
    mutation('createConversation'),
    { input: { kind: 'GROUP', idempotencyKey: text } },
  ],
  'createConversation(memberIds:)': text => [
    mutation('createConversation'),
    { input: { kind: 'DIRECT', memberIds: [text] } },
  ],
  'createConversation(metadata:)': text => [
    mutation('createConversation'),
    { input: { kind: 'GROUP', metadata: { [text]: [text] } } },
  ],
  'updateConversation(name:)': text => [mutation('updateConversation'), { input: { conversationId, name: text } }],
  'updateConversation(topic:)': text => [mutation('updateConversation'), { input: { conversationId, topic: text } }],
  'updateConversation(metadata:)': text => [
    mutation('updateConversation'),
    { input: { conversationId, metadata: [text, { [text]: 1 }] } },
  ],
  'joinConversation(conversationId:)': text => [mutation('joinConversation'), { input: { conversationId: text } }],
  'addMembers(userIds:)': text => [mutation('addMembers'), { input: { conversationId, userIds: [text] } }],
  'removeMember(userId:)': text => [mutation('removeMember'), { input: { conversationId, userId: text } }],
  'sendMessage(content:)': text => [
    mutation('sendMessage'),
    { input: { conversationId, content: { text: { text } } } },
  ],
  'sendMessage(content:) with a mention': text => [
    mutation('sendMessage'),
    { input: { conversationId, content: { text: { text: `<@${text}> hello` } } } },
  ],
  'sendMessage(clientMessageId:)': text => [
    mutation('sendMessage'),
    { input: { conversationId, content, clientMessageId: text } },
  ],
  'sendMessage(replyToId:)': text => [mutation('sendMessage'), { input: { conversationId, content, replyToId: text } }],
  'sendMessage(metadata:)': text => [
    mutation('sendMessage'),
    { input: { conversationId, content, metadata: { [text]: text } } },
  ],
  'updateMessage(content:)': text => [mutation('updateMessage'), { input: { messageId, content: { text: { text } } } }],
  'addReaction(emoji:)': text => [mutation('addReaction'), { input: { messageId, emoji: text } }],
  'addReaction(messageId:)': text => [mutation('addReaction'), { input: { messageId: text, emoji: '👍' } }],
  'removeReaction(emoji:)': text => [mutation('removeReaction'), { input: { messageId, emoji: text } }],
}

const anyText = fc.oneof(
  fc.constantFrom(
    ...nasty,
    '\\u0000',
    '\\ud800',
    '"\\u0000"',
    'x'.repeat(20_000),
    `msg_${id}`,
    `conv_${id}`,
    'everyone',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.tuple(fc.string({ maxLength: 5 }), fc.constantFrom(...nasty)).map(texts => texts.join('')),
)

describe('A hostile text', () => {
  for (const [name, operation] of Object.entries(textArguments))
    it(`in ${name} is refused as the client's fault or taken, and does not harm what is beside it`, async () => {
      await fc.assert(
        fc.asyncProperty(anyText, async text => {
          const [codes] = await Promise.all([
            codesOf('alice', ...operation(text)),
            server.send('bob', conversationId, 'beside it'),
          ])
          for (const code of codes) expect(own).toContain(code)
        }),
        { numRuns: 40 },
      )
    })
})

it('a hostile text as the position of an inbox is one of it or RESYNC', async () => {
  await using backend = await Backend.open()
  await backend.create('alice')
  const mark = await backend.reading('alice').inboxMark()
  const positions = fc.oneof(
    anyText,
    anyText.map(text => `${mark}${text}`),
    fc.stringMatching(/^m[0-9a-z]{1,12}$/),
  )
  await fc.assert(
    fc.asyncProperty(positions, async from => {
      const code = await Collector.inbox(backend, 'alice', { from }).then(
        inbox => {
          inbox[Symbol.dispose]()
          return 'RESYNC'
        },
        (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
      )
      expect(code).toBe('RESYNC')
    }),
    { numRuns: 60 },
  )
})
