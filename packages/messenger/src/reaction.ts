import type { ConversationId, MessageId, UserId } from './ids.ts'
import type { Instant } from './values/instant.ts'

/** Different emoji on one message. */
export const reactionsPerMessage = 50

/** One user's reaction: at most one for each message, user and emoji. */
export interface Reaction {
  readonly conversationId: ConversationId
  readonly messageId: MessageId
  readonly emoji: string
  readonly userId: UserId
  readonly createdAt: Instant
  /** The sequence of its ReactionAdded: reactions are listed in this order. */
  readonly sequence: number
}

export type ReactionKey = Pick<Reaction, 'messageId' | 'emoji' | 'userId'>

/** How many users have added one emoji to a message. */
export interface ReactionSummary {
  readonly messageId: MessageId
  readonly emoji: string
  readonly count: number
}

/** Who put one emoji on a message first. */
export interface FirstReactors {
  readonly messageId: MessageId
  readonly emoji: string
  /** The first ten to react. */
  readonly userIds: readonly UserId[]
}
