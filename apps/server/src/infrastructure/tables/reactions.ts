import type { Reaction } from '@cpc-messenger/messenger'
import { conversationId, instant, messageId, sequence, text, userId } from './codec.ts'
import { defineTable, kept, key } from './table.ts'

export const reactions = defineTable<Reaction>()('reactions', {
  fields: {
    messageId: key(messageId),
    userId: key(userId),
    emoji: key(text),
    conversationId: kept(conversationId),
    createdAt: instant,
    sequence,
  },
})
