import { z } from 'zod'
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
  sendMessage: 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id deletedAt } } }',
  updateMessage: 'mutation ($input: UpdateMessageInput!) { updateMessage(input: $input) { message { id } } }',
  deleteMessage: 'mutation ($input: DeleteMessageInput!) { deleteMessage(input: $input) { message { id } } }',
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
  /** The ids of the messages, in order. */
  readonly said: string[]
}

const touched = z.object({ message: withId })
const sent = z.object({ message: withId.extend({ deletedAt: z.string().nullable() }) })
const text = (content: string) => ({ text: { text: content } })

const sayLine = async ({ clients, scene, conversationId, said }: Stage, line: ScriptLine): Promise<void> => {
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
  // It was deleted since an earlier run.
  if (message.deletedAt !== null) return
  await changeLine(author, message.id, line)
  for (const [emoji, fans] of Object.entries(line.reactions ?? {}))
    for (const person of fans) await ask(as(clients, person), 'addReaction', { messageId: message.id, emoji }, touched)
}

const changeLine = async (author: GraphQLClient, messageId: string, { edit, deleted }: ScriptLine): Promise<void> => {
  if (edit !== undefined) await ask(author, 'updateMessage', { messageId, content: text(edit) }, touched)
  if (deleted) await ask(author, 'deleteMessage', { messageId }, touched)
}

/** Plays all scenes in parallel, one line of each in turn. What an earlier run has created is not created again. */
export const play = async (clients: Clients, scenes: readonly Scene[]): Promise<Played> => {
  const stages: Stage[] = []
  for (const scene of scenes) stages.push({ clients, scene, conversationId: await openScene(clients, scene), said: [] })
  const longest = Math.max(...scenes.map(scene => scene.lines.length))
  for (let turn = 0; turn < longest; turn += 1)
    for (const stage of stages) {
      const line = stage.scene.lines[turn]
      if (line !== undefined) await sayLine(stage, line)
    }
  return { conversations: stages.length, messages: stages.reduce((sum, { said }) => sum + said.length, 0) }
}
