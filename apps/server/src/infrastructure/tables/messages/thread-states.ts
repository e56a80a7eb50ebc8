import type { ThreadState } from '@cpc-messenger/messenger'
import { conversationId, count, flag, messageId, nullable, sequence, userId } from '../definition/codec.ts'
import { defineTable, greatest, kept, key } from '../definition/table.ts'

export const threadStates = defineTable<ThreadState>()('thread_states', {
  fields: {
    rootId: key(messageId),
    userId: key(userId),
    conversationId: kept(conversationId),
    follows: flag,
    chosen: flag,
    readSequence: greatest(count),
    replyCount: count,
    firstReplySequence: nullable(sequence),
  },
})
