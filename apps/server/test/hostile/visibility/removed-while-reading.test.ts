import { parseConversationId } from '@cpc-messenger/messenger'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { answerToJson } from '../../../src/infrastructure/graphql/execution/interface/answer.ts'
import type { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { CpuAccount } from '../../../src/infrastructure/scheduling/cpu-account.ts'
import { updateConversation } from '../../../src/services/commands/conversations.ts'
import { leaveConversation, removeMember } from '../../../src/services/commands/members.ts'
import { updateMessage } from '../../../src/services/commands/messages.ts'
import { addReaction } from '../../../src/services/commands/reactions.ts'
import { GraphQLServer, userId } from '../../graphql/graphql-server.ts'
import { sessionOf } from '../../session-of.ts'
import { holdReaders } from '../clients/busy-readers.ts'
import { committerOf, sendText } from '../clients/commands.ts'
import { ManualSubscriber, runnerOf } from '../clients/manual-subscriber.ts'

const overPostgres = process.env.ENGINE === 'postgres'
const rounds = overPostgres ? 100 : 20

let server: GraphQLServer
/** Over PostgreSQL another node on the same database: a user who is removed there is removed here. */
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

/** What bob may not see: everything after his removal, in which carol left. */
const isLater = (text: string): boolean =>
  /LATER|🚀/.test(text) || (text.includes('"role"') && !text.includes('"carol"'))

/** What came to all of bob's subscriptions. */
const oneRound = async (node: GraphQLServer): Promise<readonly string[]> => {
  const commit = committerOf(() => node)
  const id = parseConversationId(await server.create('alice', ['bob', 'carol']))
  if (id === undefined) throw new TypeError('a conversation without an id')
  const { id: quoted } = await sendText(commit, id, 'quoted')
  await commit('alice', addReaction, { messageId: quoted, emoji: '👍' })
  const open = (selection: string) => ManualSubscriber.open(runner, server, 'bob', subscription(selection), { id })
  const all = await Promise.all(Object.values(selections).map(open))
  try {
    for (const subscriber of all) await subscriber.takeUntil(text => text.includes('"live":true'))
    const busy = await holdReaders(server)
    const taken = all.map(subscriber => subscriber.takeUntil(() => false))
    await commit('alice', updateConversation, { conversationId: id, name: 'renamed' })
    await sendText(commit, id, 'a reply', quoted)
    await commit('alice', removeMember, { conversationId: id, userId: userId('bob') })
    await commit('carol', leaveConversation, { conversationId: id })
    await sendText(commit, id, 'LATER text')
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

it(`a user who is removed while answers read gets nothing later through nested fields, in ${rounds} rounds`, async () => {
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

const around = `conversation { name lastMessage { content { text } } messages(last: 20) { edges { node { content { text } } } }
  members(first: 20) { edges { node { role user { id } } } } }`
const answers = {
  sendMessage: [
    'SendMessageInput!',
    'message { id content { text } author { id } replyTo { content { text } reactions { emoji } } }',
  ],
  updateConversation: ['UpdateConversationInput!', around],
  addReaction: ['AddReactionInput!', 'message { replyTo { content { text } } reactions { emoji users { id } } }'],
} as const

/** What bob is answered to a command of his, while he is removed. */
const answerDuringRemoval = async (field: keyof typeof answers, node: GraphQLServer): Promise<string> => {
  const commit = committerOf(() => node)
  const id = parseConversationId(await server.create('alice', ['bob', 'carol']))
  if (id === undefined) throw new TypeError('a conversation without an id')
  // The node that carries out bob's command knows where these messages are: it need not read that.
  const { id: quoted } = await sendText(
    committerOf(() => server),
    id,
    'quoted',
  )
  const { id: reply } = await sendText(
    committerOf(() => server),
    id,
    'a reply',
    quoted,
  )
  const inputs = {
    sendMessage: { conversationId: id, content: { text: { text: "bob's" } }, replyToId: quoted },
    updateConversation: { conversationId: id, name: "bob's name" },
    addReaction: { messageId: reply, emoji: '👍' },
  }
  const [type, selection] = answers[field]
  const caller = {
    session: sessionOf(userId('bob'), server.clock.now() + 3_600_000),
    resume: undefined,
    account: new CpuAccount(),
  }
  const { document, errors } = runner.prepare(
    `mutation($input: ${type}) { ${field}(input: $input) { ${selection} } }`,
    caller,
  )
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  using alice = await ManualSubscriber.open(runner, server, 'alice', subscription(''), { id })
  await alice.takeUntil(text => text.includes('"live":true'))
  const busy = await holdReaders(server)
  const answer = runner.execute({ document, variables: { input: inputs[field] } }, caller)
  await alice.takeUntil(text => text.includes('"sequence"'))
  await Promise.all([
    commit('alice', removeMember, { conversationId: id, userId: userId('bob') }),
    sendText(commit, id, 'LATER text'),
    commit('carol', leaveConversation, { conversationId: id }),
    commit('alice', addReaction, { messageId: reply, emoji: '🚀' }),
    commit('alice', updateMessage, {
      messageId: quoted,
      content: { text: 'LATER edit', format: 'PLAIN' },
      expectedVersion: null,
    }),
  ])
  await busy[Symbol.asyncDispose]()
  return answerToJson(await answer)
}

it.each(['sendMessage', 'updateConversation', 'addReaction'] as const)(
  'the answer to %s shows nothing of what came after its sender was removed',
  async field => {
    const taken: string[] = []
    for (let round = 0; round < 10; round += 1)
      taken.push(await answerDuringRemoval(field, round % 2 === 0 ? server : other))
    expect(taken.filter(isLater)).toEqual([])
  },
  60_000,
)
