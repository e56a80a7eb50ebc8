import type { ConversationId, EmojiCount } from '@cpc-messenger/messenger'
import { messageId, number, text } from './codec.ts'
import { defineTable, kept, key } from './table.ts'

export type ReactionCount = EmojiCount & { readonly conversationId: ConversationId }

/** The number of users for each emoji on a message. A number without users has no row. */
export const reactionCounts = defineTable<EmojiCount, ReactionCount>()('reaction_counts', {
  fields: {
    messageId: key(messageId),
    emoji: key(text),
    count: number,
  },
  added: { conversationId: kept({ of: ({ conversationId }) => conversationId }) },
})
