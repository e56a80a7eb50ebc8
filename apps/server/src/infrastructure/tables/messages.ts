import type { Message } from '@cpc-messenger/messenger'
import { conversationId, instant, json, messageId, nullable, number, sequence, text, userId, version } from './codec.ts'
import { content } from './content.ts'
import { defineTable, kept, key } from './table.ts'

export const messages = defineTable<Message>()('messages', {
  fields: {
    id: key(messageId),
    conversationId: kept(conversationId),
    sequence: kept(sequence),
    changedSequence: sequence,
    authorId: nullable(userId),
    content,
    metadata: json,
    createdAt: instant,
    updatedAt: nullable(instant),
    deletedAt: nullable(instant),
    version,
    clientMessageId: nullable(text),
    sentFingerprint: nullable(number),
    replyToId: nullable(messageId),
  },
})
