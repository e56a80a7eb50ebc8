import type { ConversationId, MembershipId, MessageId, UserId } from './ids.ts'
import type { LeaveReason } from './membership.ts'
import type { Instant } from './values/instant.ts'

/**
 * What a log stores of an event: ids of the rows that it is about, and data that may be deleted from the tables before a
 * replay. An event never contains content.
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

/** An entry of a log. Sequences are 1, 2, 3, … in each conversation, without a gap. */
export type LogEvent = EventBody & {
  readonly conversationId: ConversationId
  readonly sequence: number
  readonly occurredAt: Instant
  /** The user who caused it; null for the server. */
  readonly actorId: UserId | null
  /** The root of the thread in which the event's message is a reply; null for all other events. */
  readonly threadRootId: MessageId | null
}

const everyType: Readonly<Record<EventType, true>> = {
  MessageCreated: true,
  MessageUpdated: true,
  MessageDeleted: true,
  ReactionAdded: true,
  ReactionRemoved: true,
  ConversationUpdated: true,
  ConversationDeleted: true,
  MemberJoined: true,
  MemberLeft: true,
  MemberUpdated: true,
}

export const eventTypes = Object.keys(everyType) as readonly EventType[]
