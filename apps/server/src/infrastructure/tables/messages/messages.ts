import { isCountable, isInTimeline, type Message } from '@cpc-messenger/messenger'
import {
  conversationId,
  count,
  flag,
  instant,
  json,
  messageId,
  nullable,
  number,
  sequence,
  text,
  userId,
  version,
} from '../definition/codec.ts'
import { defineTable, kept, key } from '../definition/table.ts'
import { content } from './content.ts'

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
    deletedById: nullable(userId),
    version,
    clientMessageId: nullable(text),
    sentFingerprint: nullable(number),
    replyToId: nullable(messageId),
    threadRootId: kept(nullable(messageId)),
    alsoInConversation: kept(flag),
    ordinal: kept(count),
  },
  // Of a message as it was sent: a deleted one is still counted by its ordinal.
  added: {
    inTimeline: kept({ of: (message: Message) => (isInTimeline(message) ? 1 : 0) }),
    countable: kept({ of: (message: Message) => (isCountable(message) ? 1 : 0) }),
  },
})
