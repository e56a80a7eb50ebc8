import type { ConversationId, MembershipId, MessageId, UserId } from './ids.ts'
import type { Instant } from './instant.ts'
import type { LeaveReason } from './membership.ts'

/**
 * What a log keeps of an event: a reference to what it is about, and the little that may be gone from the tables by the
 * time of a replay. Content is never among it.
 */
export type EventBody =
  | { readonly type: 'MessageCreated' | 'MessageUpdated' | 'MessageDeleted'; readonly messageId: MessageId }
  | {
      readonly type: 'ReactionAdded' | 'ReactionRemoved'
      readonly messageId: MessageId
      readonly emoji: string
      readonly userId: UserId
      /** When the reaction was made. */
      readonly reactedAt: Instant
    }
  | { readonly type: 'ConversationUpdated' }
  | { readonly type: 'ConversationDeleted' }
  | { readonly type: 'MemberJoined' | 'MemberUpdated'; readonly membershipId: MembershipId; readonly userId: UserId }
  | {
      readonly type: 'MemberLeft'
      readonly membershipId: MembershipId
      readonly userId: UserId
      readonly reason: LeaveReason
    }

export type EventType = EventBody['type']

/** A durable fact. Sequences run 1, 2, 3, … in each conversation, without a hole. */
export type LogEvent = EventBody & {
  readonly conversationId: ConversationId
  readonly sequence: number
  readonly occurredAt: Instant
  /** Who did it; null where the server did. */
  readonly actorId: UserId | null
}

export const eventTypes = [
  'MessageCreated',
  'MessageUpdated',
  'MessageDeleted',
  'ReactionAdded',
  'ReactionRemoved',
  'ConversationUpdated',
  'ConversationDeleted',
  'MemberJoined',
  'MemberLeft',
  'MemberUpdated',
] as const satisfies readonly EventType[]
