import type { Thread } from '@cpc-messenger/messenger'
import { conversationId, count, instant, messageId, sequence } from '../definition/codec.ts'
import { defineTable, kept, key } from '../definition/table.ts'

export const threads = defineTable<Thread>()('threads', {
  fields: {
    rootId: key(messageId),
    conversationId: kept(conversationId),
    replyCount: count,
    messageCount: count,
    lastReplyAt: instant,
    lastSequence: sequence,
  },
})
