import type { Message } from '@cpc-messenger/messenger'
import { z } from 'zod'
import { contentSchema, toWireContent } from './content.ts'
import { instant, json, messageId, sequence, userId, wireInstant, wireInstantOrNull } from './scalars.ts'

export const messageSchema = z
  .object({
    id: messageId,
    sequence: sequence.describe('The sequence of its MessageCreated.'),
    changedSequence: sequence.describe(
      'The sequence of the newest event about it. Of two copies, a client keeps that with the higher value.',
    ),
    authorId: userId
      .nullable()
      .describe('The sender; for system content the user who caused it, null if the server did.'),
    content: contentSchema,
    metadata: json,
    createdAt: instant,
    updatedAt: instant.nullable().describe('When it was last edited or deleted; null if neither has happened.'),
    deletedAt: instant.nullable().describe('When it was deleted; null if it was not.'),
    version: z.int().min(1).describe('1 when sent; each edit and the deletion add 1.'),
    replyToId: messageId.nullable().describe('The message that this one quotes.'),
    threadRootId: messageId
      .nullable()
      .describe('The root of the thread in which this is a reply; null outside threads.'),
    alsoInConversation: z.boolean().describe('A reply in a thread that is in the timeline too.'),
    clientMessageId: z.string().nullable().describe('The idempotency key that its author sent, if any.'),
  })
  .describe('A message as it is when the event is delivered: as of that sequence, or newer.')

/** A message on the wire: as it is when the event is delivered, the same for every viewer. */
export type WireMessage = z.infer<typeof messageSchema>

/** The wire form of a message. */
export const toWireMessage = (message: Message): WireMessage => ({
  id: message.id,
  sequence: message.sequence,
  changedSequence: message.changedSequence,
  authorId: message.authorId,
  content: toWireContent(message.content),
  metadata: message.metadata,
  createdAt: wireInstant(message.createdAt),
  updatedAt: wireInstantOrNull(message.updatedAt),
  deletedAt: wireInstantOrNull(message.deletedAt),
  version: message.version,
  replyToId: message.replyToId,
  threadRootId: message.threadRootId,
  alsoInConversation: message.alsoInConversation,
  clientMessageId: message.clientMessageId,
})
