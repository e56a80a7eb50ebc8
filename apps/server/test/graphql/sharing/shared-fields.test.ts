import { isDeepStrictEqual } from 'node:util'
import {
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isUnionType,
} from 'graphql'
import { expect, it } from 'vitest'
import { guardRootFields } from '../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'
import { isViewerIndependent } from '../../../src/infrastructure/graphql/subscriptions/viewer-independent.ts'
import { GraphQLServer } from '../graphql-server.ts'
import { Taken } from '../taken.ts'

const marksOf = (type: GraphQLObjectType) => Object.values(type.getFields()).filter(isViewerIndependent)

/** Asks for all marked fields, those of what they answer with too, and notes them. */
class Everything {
  readonly asked = new Set<string>()
  readonly #schema: GraphQLSchema

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  selection(name: string, depth: number): string {
    const type = this.#schema.getType(name)
    if (isObjectType(type)) return this.#fields(type, depth)
    if (!isUnionType(type) && !isInterfaceType(type)) throw new TypeError(`${name} has no fields`)
    const parts = this.#schema
      .getPossibleTypes(type)
      .map(object => `... on ${object.name} { ${this.#fields(object, depth)} }`)
    return `__typename ${parts.join(' ')}`
  }

  #fields(type: GraphQLObjectType, depth: number): string {
    const parts = marksOf(type).flatMap(field => {
      const named = getNamedType(field.type)
      const leaf = isLeafType(named)
      if (!leaf && depth === 0) return []
      this.asked.add(`${type.name}.${field.name}`)
      // Edges are as deep as their page.
      const below = named.name.endsWith('Edge') ? depth : depth - 1
      return leaf ? [field.name] : [`${field.name} { ${this.selection(named.name, below)} }`]
    })
    return ['__typename', ...parts].join(' ')
  }
}

const populate = async (server: GraphQLServer): Promise<string> => {
  const id = await server.create('alice', ['bob', 'carol'])
  const quoted = await server.send('alice', id, 'Hello <@bob> and <@alice>', { metadata: { from: 'alice' } })
  const reply = await server.send('bob', id, 'Hello back', { replyToId: quoted, clientMessageId: 'bob-1' })
  await server.react('alice', quoted, '👍')
  await server.react('bob', reply, '🎉')
  const change = (name: string, mutation: string) =>
    server.read(name, `mutation { ${mutation} { __typename } }`, {}, 'data')
  await change(
    'alice',
    `updateMessage(input: { messageId: "${quoted}", content: { text: { text: "Hello, <@bob>" } } })`,
  )
  await change('bob', `removeReaction(input: { messageId: "${reply}", emoji: "🎉" })`)
  await change('alice', `updateConversation(input: { conversationId: "${id}", name: "renamed", topic: "everything" })`)
  await change('bob', `deleteMessage(input: { messageId: "${reply}" })`)
  await change('alice', `removeMember(input: { conversationId: "${id}", userId: "carol" })`)
  await server.send('alice', id, 'the end')
  return id
}

it('Every field marked as viewer-independent has the same value for two viewers, executed separately', async () => {
  await using server = await GraphQLServer.open()
  const id = await populate(server)
  const marked = buildGraphQLSchema()
  const everything = new Everything(marked)
  const query = `subscription($id: ID!) { conversationEvents(conversationId: $id, after: 0) { ${everything.selection('StreamItem', 3)} } }`
  const signals = `subscription($id: ID!) { conversationSignals(conversationId: $id) { ${everything.selection('Signal', 3)} } }`
  const marks = Object.values(marked.getTypeMap())
    .filter(isObjectType)
    .flatMap(type => marksOf(type).map(field => `${type.name}.${field.name}`))
  // Lists that queries have, and revisions, are asked for nowhere in an event; a viewer's own signals have one viewer.
  const elsewhere =
    /^(?:(?:Conversation|User|Message|MessageRevision|Thread)(?:Connection|Edge)|(?:Membership|Reaction)Edge|MessageRevision|UserChanged)\./
  expect(marks.filter(mark => !everything.asked.has(mark) && !elsewhere.test(mark))).toEqual([])

  const unmarked = buildGraphQLSchema()
  for (const type of Object.values(unmarked.getTypeMap()))
    if (isObjectType(type)) for (const field of Object.values(type.getFields())) field.extensions = {}
  const runner = new OperationRunner(guardRootFields(unmarked), server.dependencies)
  const seen = await Promise.all(
    ['alice', 'bob'].map(async name => {
      const taken = await (await Taken.open(runner, server, name, query, { id })).untilLive()
      taken.close()
      return taken.results
    }),
  )
  const [ofAlice, ofBob] = seen
  expect(ofAlice?.flatMap(({ errors = [] }) => errors)).toEqual([])
  expect(new Set(ofAlice?.map(({ data }) => data?.conversationEvents?.__typename))).toEqual(
    new Set([
      'ConversationUpdated',
      'MemberJoined',
      'MemberLeft',
      'MessageCreated',
      'MessageDeleted',
      'MessageUpdated',
      'ReactionAdded',
      'ReactionRemoved',
      'StreamPosition',
    ]),
  )
  expect(ofBob).toEqual(ofAlice)
  expect(await signalsOf(server, runner, id, signals)).toEqual([
    expect.arrayContaining([expect.objectContaining({ __typename: 'ReadMarkerMoved' })]),
    true,
  ])
})

/** What alice receives of the signals that have marked fields, and whether bob receives the same. */
const signalsOf = async (server: GraphQLServer, runner: OperationRunner, id: string, query: string) => {
  const taken = await Promise.all(['alice', 'bob'].map(name => Taken.open(runner, server, name, query, { id })))
  const type = (typing: boolean) =>
    server.ask('bob', 'mutation($input: SetTypingInput!) { setTyping(input: $input) { typing } }', {
      input: { conversationId: id, typing },
    })
  for (const each of taken) each.start()
  await type(true)
  await type(false)
  server.signalOf('bob', id).markers(3)
  const received = await Promise.all(taken.map(async each => (await each.untilEvents(3)).events))
  for (const each of taken) each.close()
  return [received[0], isDeepStrictEqual(received[1], received[0])]
}

it('Fields that differ between viewers are not marked', () => {
  const schema = buildGraphQLSchema()
  const personal = {
    Conversation: [
      'firstUnreadMessage',
      'heroes',
      'messages',
      'unreadCount',
      'unreadMentionCount',
      'viewerMembership',
      'viewerSettings',
    ],
    Message: ['conversation', 'revisions'],
    Membership: ['conversation'],
    ReactionSummary: ['viewerReacted'],
  }
  for (const [name, fields] of Object.entries(personal)) {
    const type = schema.getType(name)
    if (!isObjectType(type)) throw new TypeError(`${name} is not an object type`)
    expect(
      Object.values(type.getFields())
        .filter(field => !isViewerIndependent(field))
        .map(field => field.name)
        .sort(),
    ).toEqual([...fields].sort())
  }
})
