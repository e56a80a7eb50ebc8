import type { ConversationId, MessageId, UserId } from './ids.ts'
import type { Instant } from './values/instant.ts'

/** The replies under one message. It exists from the first reply on, also after all replies are deleted. */
export interface Thread {
  readonly rootId: MessageId
  readonly conversationId: ConversationId
  /** Replies that are not deleted. */
  readonly replyCount: number
  /** Replies that are only in the thread, deleted ones included. */
  readonly messageCount: number
  /** When the newest reply was sent, and the sequence of its MessageCreated. */
  readonly lastReplyAt: Instant
  readonly lastSequence: number
}

/** What one user has to do with one thread. */
export interface ThreadState {
  readonly rootId: MessageId
  readonly userId: UserId
  readonly conversationId: ConversationId
  readonly follows: boolean
  /** The user has chosen: nothing makes them follow, or unfollow, by itself any more. */
  readonly chosen: boolean
  /** Everything up to this sequence is read. */
  readonly readSequence: number
  /** Replies of the user that are not deleted. */
  readonly replyCount: number
  /** The sequence of the user's first reply; null without one. Participants are listed in this order. */
  readonly firstReplySequence: number | null
}

/** A state without a choice and without replies. */
export const newThreadState = (
  { rootId, conversationId }: Pick<Thread, 'rootId' | 'conversationId'>,
  userId: UserId,
): ThreadState => ({
  rootId,
  userId,
  conversationId,
  follows: false,
  chosen: false,
  readSequence: 0,
  replyCount: 0,
  firstReplySequence: null,
})

/** The state of a user who is made to follow by a reply, unless they have chosen. They have read everything before it. */
export const followedBy = (state: ThreadState, replySequence: number): ThreadState =>
  state.follows || state.chosen
    ? state
    : { ...state, follows: true, readSequence: Math.max(state.readSequence, replySequence - 1) }
