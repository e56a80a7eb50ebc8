import { z } from 'zod'
import { clientFrameSchemas } from './client-frames.ts'
import { contentSchema } from './content.ts'
import { conversationSchema } from './conversation.ts'
import { subprotocol, webSocketPath } from './limits.ts'
import { membershipSchema } from './membership.ts'
import { messageSchema } from './message.ts'
import { reactionSchema } from './reaction.ts'
import { serverFrameSchemas } from './server-frames.ts'

const schemaUri = (id: string): string => `#/components/schemas/${id}`

/** Every frame and the types within frames, as JSON Schemas by name. Fields that a schema does not name are allowed. */
const schemas = (): Readonly<Record<string, object>> => {
  const registry = z.registry<{ id: string }>()
  const parts = {
    Message: messageSchema,
    MessageContent: contentSchema,
    Reaction: reactionSchema,
    Membership: membershipSchema,
    Conversation: conversationSchema,
  }
  for (const [id, schema] of Object.entries({ ...parts, ...clientFrameSchemas, ...serverFrameSchemas }))
    registry.add(schema, { id })
  const { schemas: generated } = z.toJSONSchema(registry, { uri: schemaUri, io: 'input', target: 'draft-7' })
  return Object.fromEntries(
    Object.entries(generated).map(([id, { $id: _id, $schema: _schema, ...schema }]) => [id, schema]),
  )
}

const frameNames = (frames: object): readonly string[] => Object.keys(frames)

const messagesOf = (frames: Readonly<Record<string, z.ZodType>>) =>
  Object.entries(frames).map(([name, schema]) => [
    name,
    {
      name,
      title: name,
      summary: schema.description,
      contentType: 'application/json',
      payload: { $ref: schemaUri(name) },
    },
  ])

const channelRefs = (frames: object) =>
  frameNames(frames).map(name => ({ $ref: `#/channels/messenger/messages/${name}` }))

const channel = () => ({
  address: webSocketPath,
  title: subprotocol,
  description:
    'One JSON object a text frame. The token comes in the Authorization header of the upgrade, or in the first frame.',
  messages: Object.fromEntries(
    frameNames({ ...clientFrameSchemas, ...serverFrameSchemas }).map(name => [
      name,
      { $ref: `#/components/messages/${name}` },
    ]),
  ),
  bindings: {
    ws: {
      method: 'GET',
      headers: {
        type: 'object',
        properties: {
          'Sec-WebSocket-Protocol': { type: 'string', const: subprotocol },
          Authorization: { type: 'string', description: 'Bearer TOKEN.' },
          'Messenger-On-Behalf-Of': { type: 'string', description: 'With a service token: the user to act as.' },
        },
        required: ['Sec-WebSocket-Protocol'],
      },
    },
  },
})

const operations = () => ({
  receiveFromClient: {
    action: 'receive',
    summary: 'Frames that a client sends.',
    channel: { $ref: '#/channels/messenger' },
    messages: channelRefs(clientFrameSchemas),
  },
  sendToClient: {
    action: 'send',
    summary: 'Frames that the server sends.',
    channel: { $ref: '#/channels/messenger' },
    messages: channelRefs(serverFrameSchemas),
  },
})

/** The AsyncAPI 3 document of this protocol, as a server of this `version` serves it: plain data, ready for JSON. */
export const asyncApiDocument = ({ version }: { readonly version: string }) => ({
  asyncapi: '3.0.0',
  info: {
    title: 'CPC Messenger, the plain WebSocket protocol',
    version,
    description: 'Events of conversations, in order and resumable; commands go through GraphQL.',
    license: { name: 'Apache-2.0' },
  },
  defaultContentType: 'application/json',
  channels: { messenger: channel() },
  operations: operations(),
  components: {
    messages: Object.fromEntries([...messagesOf(clientFrameSchemas), ...messagesOf(serverFrameSchemas)]),
    schemas: schemas(),
  },
})

export type AsyncApiDocument = ReturnType<typeof asyncApiDocument>
