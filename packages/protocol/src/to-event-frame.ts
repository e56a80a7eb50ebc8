import type { Conversation, LogEvent, Membership, Message } from '@cpc-messenger/messenger'
import { assertNever } from './assert-never.ts'
import { toWireConversation } from './conversation.ts'
import type { EventFrame } from './event-frames.ts'
import { toWireMembership } from './membership.ts'
import { toWireMessage } from './message.ts'
import { toWireReaction } from './reaction.ts'
import { wireInstant } from './scalars.ts'

/** An event of a log with the row that it is about. */
export interface EventWithRow {
  readonly event: LogEvent
  /** Needed for MessageCreated, MessageUpdated and MessageDeleted. */
  readonly message?: Message
  /** Needed for MemberJoined and MemberUpdated. */
  readonly membership?: Membership
  /** Needed for ConversationUpdated. */
  readonly conversation?: Conversation
}

/**
 * The wire form of an event with its row; an event without one does not compile. Throws a `TypeError` where the row that
 * the event is about is missing.
 */
export const toEventFrame = ({ event, message, membership, conversation }: EventWithRow): EventFrame => {
  const base = {
    conversationId: event.conversationId,
    sequence: event.sequence,
    occurredAt: wireInstant(event.occurredAt),
    actorId: event.actorId,
  }
  switch (event.type) {
    case 'MessageCreated':
    case 'MessageUpdated':
    case 'MessageDeleted':
      return { type: event.type, ...base, message: toWireMessage(present(message, event)) }
    case 'ReactionAdded':
    case 'ReactionRemoved':
      return { type: event.type, ...base, reaction: toWireReaction(event) }
    case 'ConversationUpdated':
      return { type: event.type, ...base, conversation: toWireConversation(present(conversation, event)) }
    case 'ConversationDeleted':
      return { type: event.type, ...base }
    case 'MemberJoined':
    case 'MemberUpdated':
      return { type: event.type, ...base, membership: toWireMembership(present(membership, event)) }
    case 'MemberLeft': {
      const { userId, membershipId, reason } = event
      return { type: event.type, ...base, userId, membershipId, reason }
    }
    default:
      return assertNever(event)
  }
}

const present = <Row>(row: Row | undefined, { type, conversationId, sequence }: LogEvent): Row => {
  if (row === undefined) throw new TypeError(`${type} ${sequence} of ${conversationId} came without its row`)
  return row
}
