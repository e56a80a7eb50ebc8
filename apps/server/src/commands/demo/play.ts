import { z } from 'zod'
import { acts, type Place } from './acts.ts'
import type { GraphQLClient } from './graphql-client.ts'
import type { Person, Scene, ScriptLine } from './script.ts'

export type Clients = ReadonlyMap<Person, GraphQLClient>

interface Played {
  readonly conversations: number
  readonly messages: number
}

const withId = z.object({ id: z.string() })

const documents = {
  createConversation:
    'mutation ($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } } }',
  joinConversation:
    'mutation ($input: JoinConversationInput!) { joinConversation(input: $input) { membership { id } } }',
  sendMessage:
    'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id sequence deletedAt } } }',
  updateMessage: 'mutation ($input: UpdateMessageInput!) { updateMessage(input: $input) { message { id } } }',
  deleteMessage: 'mutation ($input: DeleteMessageInput!) { deleteMessage(input: $input) { message { id } } }',
  setPresence: 'mutation ($input: SetPresenceInput!) { setPresence(input: $input) { user { id } } }',
  updateViewerSettings:
    'mutation ($input: UpdateViewerSettingsInput!) { updateViewerSettings(input: $input) { conversation { id } } }',
  markRead: 'mutation ($input: MarkReadInput!) { markRead(input: $input) { membership { id } } }',
  markAllRead: 'mutation { markAllRead { conversations } }',
  followThread: 'mutation ($input: FollowThreadInput!) { followThread(input: $input) { thread { id } } }',
  markThreadRead: 'mutation ($input: MarkThreadReadInput!) { markThreadRead(input: $input) { thread { id } } }',
  redactRevision: 'mutation ($input: RedactRevisionInput!) { redactRevision(input: $input) { message { id } } }',
  setTyping: 'mutation ($input: SetTypingInput!) { setTyping(input: $input) { typing } }',
  addReaction: 'mutation ($input: AddReactionInput!) { addReaction(input: $input) { message { id } } }',
} as const

const as = (clients: Clients, person: Person): GraphQLClient => {
  const client = clients.get(person)
  if (client === undefined) throw new TypeError(`${person} is not in the cast`)
  return client
}

const ask = <Shape>(
  client: GraphQLClient,
  field: keyof typeof documents,
  input: object,
  shape: z.ZodType<Shape>,
): Promise<Shape> => client.mutate(field, documents[field], input, shape)

const openScene = async (clients: Clients, { key, kind, name, topic, owner, others }: Scene): Promise<string> => {
  const input = {
    idempotencyKey: `demo-${key}`,
    kind,
    ...(name === undefined ? {} : { name }),
    ...(topic === undefined ? {} : { topic }),
    memberIds: kind === 'CHANNEL' ? [] : others,
  }
  const created = z.object({ conversation: withId })
  const { conversation } = await ask(as(clients, owner), 'createConversation', input, created)
  if (kind === 'CHANNEL')
    for (const person of others)
      await ask(
        as(clients, person),
        'joinConversation',
        { conversationId: conversation.id },
        z.object({ membership: withId }),
      )
  return conversation.id
}

interface Stage {
  readonly clients: Clients
  readonly scene: Scene
  readonly conversationId: string
  /** The ids and sequences of the messages, in order. */
  readonly said: string[]
  readonly sequences: number[]
}

const touched = z.object({ message: withId })
const sent = z.object({ message: withId.extend({ sequence: z.int(), deletedAt: z.string().nullable() }) })
const text = (content: string) => ({ text: { text: content } })

const sayLine = async (stage: Stage, line: ScriptLine): Promise<void> => {
  const { clients, scene, conversationId, said } = stage
  const author = as(clients, line.by)
  const quoted = line.quotes === undefined ? undefined : said.at(-line.quotes)
  const input = {
    conversationId,
    content: text(line.text),
    clientMessageId: `demo-${scene.key}-${said.length}`,
    ...(quoted === undefined ? {} : { replyToId: quoted }),
  }
  const { message } = await ask(author, 'sendMessage', input, sent)
  said.push(message.id)
  stage.sequences.push(message.sequence)
  // It was deleted since an earlier run.
  if (message.deletedAt !== null) return
  await changeLine(author, message.id, line)
  await replyTo(stage, line)
  for (const [emoji, fans] of Object.entries(line.reactions ?? {}))
    for (const person of fans) await ask(as(clients, person), 'addReaction', { messageId: message.id, emoji }, touched)
}

const replyTo = async (
  { clients, scene, conversationId, said }: Stage,
  { replies = [] }: ScriptLine,
): Promise<void> => {
  const line = said.length - 1
  for (const [number, { by, text: words, alsoInConversation = false }] of replies.entries()) {
    const input = {
      conversationId,
      content: text(words),
      clientMessageId: `demo-${scene.key}-${line}-reply-${number}`,
      threadRootId: said[line],
      alsoInConversation,
    }
    await ask(as(clients, by), 'sendMessage', input, sent)
  }
}

const changeLine = async (author: GraphQLClient, messageId: string, { edit, deleted }: ScriptLine): Promise<void> => {
  if (edit !== undefined) await ask(author, 'updateMessage', { messageId, content: text(edit) }, touched)
  if (deleted) await ask(author, 'deleteMessage', { messageId }, touched)
}

/** What the cast does once everything is said. */
const finish = async (clients: Clients, stages: readonly Stage[]): Promise<void> => {
  const placeOf = (key: string): Place => {
    const stage = stages.find(({ scene }) => scene.key === key)
    if (stage === undefined) throw new TypeError(`there is no scene ${key}`)
    return { conversationId: stage.conversationId, messageIds: stage.said, sequences: stage.sequences }
  }
  for (const { by, field, input } of acts) {
    const given = input(placeOf)
    if (given !== undefined) await ask(as(clients, by), field, given, z.object({}))
  }
}

const repliesIn = ({ lines }: Scene): number => lines.reduce((sum, { replies = [] }) => sum + replies.length, 0)

/** Plays all scenes in parallel, one line of each in turn. What an earlier run has created is not created again. */
export const play = async (clients: Clients, scenes: readonly Scene[]): Promise<Played> => {
  const stages: Stage[] = []
  for (const scene of scenes)
    stages.push({ clients, scene, conversationId: await openScene(clients, scene), said: [], sequences: [] })
  const longest = Math.max(...scenes.map(scene => scene.lines.length))
  for (let turn = 0; turn < longest; turn += 1)
    for (const stage of stages) {
      const line = stage.scene.lines[turn]
      if (line !== undefined) await sayLine(stage, line)
    }
  await finish(clients, stages)
  return {
    conversations: stages.length,
    messages: stages.reduce((sum, { scene, said }) => sum + said.length + repliesIn(scene), 0),
  }
}
