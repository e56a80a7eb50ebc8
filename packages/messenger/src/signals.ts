import type { ConversationId, MembershipId, MessageId, UserId } from './ids.ts'
import type { Instant } from './instant.ts'

/** What other users see of a user's presence. A user who is connected and invisible is `OFFLINE` here. */
export type PresenceStatus = 'ONLINE' | 'AWAY' | 'DO_NOT_DISTURB' | 'OFFLINE'

/**
 * What a signal is about. Of several signals with the same key only the latest is valid, so a subscriber's pending signals
 * need memory for its keys only, however many signals are published.
 */
export type SignalKey =
  /** Whether one user types in a conversation, or in one of its threads. */
  | {
      readonly kind: 'typing'
      readonly conversationId: ConversationId
      readonly threadRootId: MessageId | null
      readonly userId: UserId
    }
  /** The read and delivered markers of one membership. */
  | { readonly kind: 'markers'; readonly conversationId: ConversationId; readonly membershipId: MembershipId }
  /** The presence of one user. */
  | { readonly kind: 'presence'; readonly userId: UserId }
  /** State that only the user's own devices see, of one conversation or, with null, of the user as a whole. */
  | { readonly kind: 'private'; readonly userId: UserId; readonly conversationId: ConversationId | null }

/**
 * The latest state of a key. It is not logged and not numbered, and it may be lost: a client queries the current state
 * after each reconnect.
 */
export type Signal =
  /** `expiresAt` is null once the user has stopped; otherwise at most 6 seconds ahead. */
  | { readonly key: Extract<SignalKey, { kind: 'typing' }>; readonly expiresAt: Instant | null }
  /** Sequences of the conversation's log, which never decrease. Every read event is a delivered one. */
  | { readonly key: Extract<SignalKey, { kind: 'markers' }>; readonly read: number; readonly delivered: number }
  /** `lastSeenAt` is null while the user is visibly connected. */
  | {
      readonly key: Extract<SignalKey, { kind: 'presence' }>
      readonly status: PresenceStatus
      readonly lastSeenAt: Instant | null
    }
  /** Says only that something has changed; the user's devices query it. */
  | { readonly key: Extract<SignalKey, { kind: 'private' }> }
