import type { ConversationId, EmojiCount, Reaction } from '@cpc-messenger/messenger'
import { conversationId, instant, messageId, number, sequence, text, userId } from '../definition/codec.ts'
import { defineTable, kept, key } from '../definition/table.ts'

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
