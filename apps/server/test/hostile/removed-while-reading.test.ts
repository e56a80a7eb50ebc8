import { type ConversationId, type MessageId, parseConversationId } from '@cpc-messenger/messenger'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OperationRunner } from '../../src/infrastructure/graphql/execution/operation-runner.ts'
import { updateConversation } from '../../src/services/conversations.ts'
import { leaveConversation, removeMember } from '../../src/services/members.ts'
import { sendMessage, updateMessage } from '../../src/services/messages.ts'
import { addReaction } from '../../src/services/reactions.ts'
import type { UseCase } from '../../src/services/use-case.ts'
import { GraphQLServer, userId } from '../graphql/graphql-server.ts'
import { holdReaders } from './busy-readers.ts'
import { ManualSubscriber, runnerOf } from './manual-subscriber.ts'

const overPostgres = process.env.ENGINE === 'postgres'
const rounds = overPostgres ? 100 : 20

let server: GraphQLServer
/** Over PostgreSQL another node on the same database: whoever is removed there is removed here. */
let other: GraphQLServer
let runner: OperationRunner
beforeAll(async () => {
  server = await GraphQLServer.open()
  other = overPostgres ? await GraphQLServer.open({ folder: server.folder }) : server
  runner = runnerOf(server)
})
afterAll(async () => {
  if (overPostgres) await other.stop()
  await server[Symbol.asyncDispose]()
})

const subscription = (selection: string): string => `subscription($id: ID!) { conversationEvents(conversationId: $id) {
  __typename ... on StreamPosition { live } ... on ConversationEvent { sequence } ${selection} } }`

const nested = `lastMessage { content { text } } messages(last: 20) { edges { node { content { text } reactions { emoji } } } }
  members(first: 20) { edges { node { role user { id } } } } heroes { id } lastSequence name memberCount`

/** Each reads beyond the event's own row, for all viewers at once or for each. */
const selections = {
  'the conversation of a message, for the viewer': `... on MessageCreated { message { conversation { ${nested} } } }`,
  'what a message quotes, for all': `... on MessageCreated { message { content { text } replyTo { content { text }
    reactions { emoji users { id } } reactors(first: 20) { edges { node { emoji user { id } } } } } } }`,
  'the last message of a renamed conversation, for all':
    '... on ConversationUpdated { conversation { lastMessage { content { text } } } }',
  'the members of a renamed conversation, for all':
    '... on ConversationUpdated { conversation { members(first: 20) { edges { node { role user { id } } } } } }',
  'the timeline of a renamed conversation, for the viewer': `... on ConversationUpdated { conversation { ${nested} } }`,
}

/** At the committer: over HTTP an answer would wait for the readers. */
const committerOf =
  ({ parts }: GraphQLServer) =>
  <Input, Result>(name: string, useCase: UseCase<Input, Result>, input: Input): Promise<Result> =>
    parts.committer.run(useCase, input, { userId: userId(name), service: false })
type Commit = ReturnType<typeof committerOf>

const send = (commit: Commit, conversationId: ConversationId, text: string, replyToId: MessageId | null = null) =>
  commit('alice', sendMessage, {
    conversationId,
    content: { text, format: 'PLAIN' },
    clientMessageId: null,
    replyToId,
    metadata: null,
  })

/** What bob may not see: everything after his removal, in which carol left. */
const isLater = (text: string): boolean =>
  /LATER|🚀/.test(text) || (text.includes('"role"') && !text.includes('"carol"'))

/** What came to all of bob's subscriptions. */
const oneRound = async (node: GraphQLServer): Promise<readonly string[]> => {
  const commit = committerOf(node)
  const id = parseConversationId(await server.create('alice', ['bob', 'carol']))
  if (id === undefined) throw new TypeError('a conversation without an id')
  const { id: quoted } = await send(commit, id, 'quoted')
  await commit('alice', addReaction, { messageId: quoted, emoji: '👍' })
  const open = (selection: string) => ManualSubscriber.open(runner, server, 'bob', subscription(selection), { id })
  const all = await Promise.all(Object.values(selections).map(open))
  try {
    for (const subscriber of all) await subscriber.takeUntil(text => text.includes('"live":true'))
    const busy = await holdReaders(server)
    const taken = all.map(subscriber => subscriber.takeUntil(() => false))
    await commit('alice', updateConversation, { conversationId: id, name: 'renamed' })
    await send(commit, id, 'a reply', quoted)
    await commit('alice', removeMember, { conversationId: id, userId: userId('bob') })
    await commit('carol', leaveConversation, { conversationId: id })
    await send(commit, id, 'LATER text')
    await commit('alice', updateMessage, {
      messageId: quoted,
      content: { text: 'LATER edit', format: 'PLAIN' },
      expectedVersion: null,
    })
    await commit('alice', addReaction, { messageId: quoted, emoji: '🚀' })
    await commit('alice', updateConversation, { conversationId: id, name: 'LATER name' })
    await busy[Symbol.asyncDispose]()
    return (await Promise.all(taken)).flat()
  } finally {
    for (const subscriber of all) subscriber[Symbol.dispose]()
  }
}

it(`whoever is removed while answers read gets nothing later through nested fields, in ${rounds} rounds`, async () => {
  const leaked: string[] = []
  let ends = 0
  for (let round = 0; round < rounds; round += 1) {
    const taken = await oneRound(round % 2 === 0 ? server : other)
    leaked.push(...taken.filter(isLater))
    ends += taken.filter(text => text.includes('MemberLeft')).length
  }
  expect(leaked).toEqual([])
  expect(ends).toBe(rounds * Object.keys(selections).length)
}, 120_000)
