import {
  type ConversationId,
  type HistoryVisibility,
  type MessageId,
  parseConversationId,
} from '@cpc-messenger/messenger'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { updateConversation } from '../../../src/services/commands/conversations.ts'
import { deleteMessage, redactRevision, updateMessage } from '../../../src/services/commands/messages.ts'
import { addReaction, removeReaction } from '../../../src/services/commands/reactions.ts'
import { GraphQLServer } from '../../graphql/graphql-server.ts'
import { committerOf, sendText } from '../clients/commands.ts'
import { ManualSubscriber, runnerOf } from '../clients/manual-subscriber.ts'

let server: GraphQLServer
let runner: OperationRunner
beforeAll(async () => {
  server = await GraphQLServer.open()
  runner = runnerOf(server)
})
afterAll(() => server[Symbol.asyncDispose]())

const commit = committerOf(() => server)

const send = (conversationId: ConversationId, text: string, replyToId: MessageId | null = null) =>
  sendText(commit, conversationId, text, replyToId)

const edit = (messageId: MessageId) =>
  commit('alice', updateMessage, {
    messageId,
    content: { text: 'edited', format: 'PLAIN' },
    expectedVersion: null,
  })

interface Erasure {
  readonly selection: string
  /** Before the subscription. */
  readonly prepare?: (quoted: MessageId, room: ConversationId) => Promise<unknown>
  /** Takes back everything that says SECRET or HIDDEN, and 🚀. */
  readonly erase: (messages: readonly MessageId[], quoted: MessageId, room: ConversationId) => Promise<unknown>
}

const each = (messages: readonly MessageId[], erase: (id: MessageId) => Promise<unknown>) =>
  Promise.all(messages.map(erase))
const deleted = (id: MessageId) => commit('alice', deleteMessage, { messageId: id })

const visible = (historyVisibility: HistoryVisibility) => (room: ConversationId) =>
  commit('alice', updateConversation, { conversationId: room, settings: { historyVisibility } })

/** Every member may read that the quoted message was SECRET before. */
const withHistory = {
  selection: `... on MessageCreated { message { replyTo {
    revisions(first: 5) { edges { node { content { text } } } } } } }`,
  prepare: async (quoted: MessageId, room: ConversationId) => {
    await visible('MEMBERS')(room)
    await edit(quoted)
  },
}

const ofViewer = 'reactions { viewerReacted } author { displayName }'
const erasures: Readonly<Record<string, Erasure>> = {
  'its own text, the same for all': {
    selection: '... on MessageCreated { message { content { text } } }',
    erase: messages => each(messages, deleted),
  },
  'its own text, for the viewer': {
    selection: `... on MessageCreated { message { content { text } ${ofViewer} } }`,
    erase: messages => each(messages, deleted),
  },
  'its own text, by an edit': {
    selection: '... on MessageCreated { message { content { text } author { displayName } } }',
    erase: messages => each(messages, edit),
  },
  'a quoted text, the same for all': {
    selection: '... on MessageCreated { message { replyTo { content { text } } } }',
    erase: (_, quoted) => deleted(quoted),
  },
  'a quoted text, for the viewer': {
    selection: `... on MessageCreated { message { replyTo { content { text } ${ofViewer} } } }`,
    erase: (_, quoted) => edit(quoted),
  },
  'a reaction to what it quotes': {
    selection: '... on MessageCreated { message { replyTo { reactions { emoji users { id } } } } }',
    erase: (_, messageId) => commit('alice', removeReaction, { messageId, emoji: '🚀' }),
  },
  'the list of who reacted to what it quotes': {
    selection: '... on MessageCreated { message { replyTo { reactors(first: 5) { edges { node { emoji } } } } } }',
    erase: (_, messageId) => commit('alice', removeReaction, { messageId, emoji: '🚀' }),
  },
  'the timeline around it': {
    selection:
      '... on MessageCreated { message { conversation { messages(last: 15) { edges { node { content { text } } } } } } }',
    erase: (messages, quoted) => each([...messages, quoted], deleted),
  },
  'the last message of its conversation': {
    selection: '... on MessageCreated { message { conversation { lastMessage { content { text } } } } }',
    erase: (messages, quoted) => each([...messages, quoted], deleted),
  },
  'the name of its conversation': {
    selection: '... on MessageCreated { message { conversation { name } } }',
    erase: (_, __, conversationId) => commit('alice', updateConversation, { conversationId, name: 'another' }),
  },
  'a revision that was redacted': {
    ...withHistory,
    erase: (_, messageId) => commit('alice', redactRevision, { messageId, version: 1 }),
  },
  'a history that was erased': { ...withHistory, erase: (_, __, room) => visible('NONE')(room) },
  'a history that is for moderators now': { ...withHistory, erase: (_, __, room) => visible('MODERATORS')(room) },
  'the history of a message that was deleted': { ...withHistory, erase: (_, quoted) => deleted(quoted) },
}

it.each(Object.entries(erasures))(
  'what waits for a full socket does not go out with %s',
  async (_, { selection, prepare, erase }) => {
    const room = parseConversationId(await server.create('alice', ['bob']))
    if (room === undefined) throw new TypeError('a conversation without an id')
    await commit('alice', updateConversation, { conversationId: room, name: 'HIDDEN name' })
    const quoted = await send(room, 'SECRET quoted')
    await commit('alice', addReaction, { messageId: quoted.id, emoji: '🚀' })
    await prepare?.(quoted.id, room)
    using bob = await ManualSubscriber.open(
      runner,
      server,
      'bob',
      `subscription($id: ID!) { conversationEvents(conversationId: $id) {
      ... on StreamPosition { live } ... on ConversationEvent { sequence } ${selection} } }`,
      { id: room },
    )
    await bob.takeUntil(text => text.includes('"live":true'))
    const messages: MessageId[] = []
    for (let count = 0; count < 12; count += 1) messages.push((await send(room, `SECRET ${count}`, quoted.id)).id)
    // It has room for one; others are executed ahead.
    const [first] = await bob.takeUntil(() => true)
    expect(first).toMatch(/SECRET|🚀|"name":"HIDDEN/)
    await erase(messages, quoted.id, room)
    await commit('alice', addReaction, { messageId: (await send(room, 'last')).id, emoji: '👍' })
    const head = await server.lastSequence('alice', room)
    const rest = await bob.takeUntil(text => text.includes(`"sequence":${head}`))
    expect(rest.filter(text => /SECRET|🚀|"name":"HIDDEN/.test(text))).toEqual([])
    // Nothing is left out.
    const sequences = [first ?? '', ...rest].flatMap(text => JSON.parse(text).data.conversationEvents.sequence ?? [])
    expect(sequences).toEqual(Array.from({ length: sequences.length }, (__, index) => sequences[0] + index))
  },
)
