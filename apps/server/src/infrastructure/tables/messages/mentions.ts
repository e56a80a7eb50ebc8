import type { Mention } from '@cpc-messenger/messenger'
import { conversationId, messageId, nullable, sequence, userId } from '../definition/codec.ts'
import { defineTable, kept, key } from '../definition/table.ts'

export const mentions = defineTable<Mention>()('mentions', {
  fields: {
    messageId: key(messageId),
    userId: key(userId),
    conversationId: kept(conversationId),
    threadRootId: kept(nullable(messageId)),
    sequence,
    authorId: kept(userId),
  },
})
