import type { Conversation, EventType, LogEvent, Membership, Message } from '@cpc-messenger/messenger'
import { z } from 'zod'
import { assertNever } from './assert-never.ts'
import { conversationSchema, toWireConversation } from './conversation.ts'
import { membershipSchema, toWireMembership } from './membership.ts'
import { messageSchema, toWireMessage } from './message.ts'
import { reactionSchema, toWireReaction } from './reaction.ts'
import { conversationId, instant, membershipId, sequence, userId, wireInstant } from './scalars.ts'

const eventShape = {
  conversationId,
  sequence,
  occurredAt: instant,
  actorId: userId.nullable().describe('The user who caused it; null if the server did.'),
}

const messageEvent = <Type extends EventType>(type: Type) =>
  z.object({ type: z.literal(type), ...eventShape, message: messageSchema })

const reactionEvent = <Type extends EventType>(type: Type) =>
  z.object({ type: z.literal(type), ...eventShape, reaction: reactionSchema })

const membershipEvent = <Type extends EventType>(type: Type) =>
  z.object({ type: z.literal(type), ...eventShape, membership: membershipSchema })

/** One schema for each event of a log: an event without one does not compile. */
export const eventFrameSchemas = {
  MessageCreated: messageEvent('MessageCreated').describe('A message was sent.'),
  MessageUpdated: messageEvent('MessageUpdated').describe(
    'A message was edited, or one of its revisions was redacted; then its `version` is the same.',
  ),
  MessageDeleted: messageEvent('MessageDeleted').describe('A message was deleted: its content is the marker.'),
  ReactionAdded: reactionEvent('ReactionAdded').describe('A user reacted to a message.'),
  ReactionRemoved: reactionEvent('ReactionRemoved').describe('A user removed a reaction.'),
  ConversationUpdated: z
    .object({ type: z.literal('ConversationUpdated'), ...eventShape, conversation: conversationSchema })
    .describe('The name, topic, settings or metadata of a conversation changed.'),
  ConversationDeleted: z
    .object({ type: z.literal('ConversationDeleted'), ...eventShape })
    .describe(
      'The conversation was deleted for all members; only its id remains. It is the last event of the conversation.',
    ),
  MemberJoined: membershipEvent('MemberJoined').describe('A user became a member.'),
  MemberLeft: z
    .object({
      type: z.literal('MemberLeft'),
      ...eventShape,
      userId: userId.describe('The user who is no longer a member.'),
      membershipId,
      reason: z.enum(['LEFT', 'REMOVED', 'BANNED']),
    })
    .describe('A user is no longer a member. It is the last event of the conversation that this user receives.'),
  MemberUpdated: membershipEvent('MemberUpdated').describe('The role or silence of a member changed.'),
} as const satisfies { readonly [Type in EventType]: z.ZodType<{ readonly type: Type }> }

type EventFrameSchemas = typeof eventFrameSchemas

/**
 * An event on the wire. In each conversation frames come in the order of `sequence`, each once and without a gap. They
 * are the same for every viewer and hold the row as it is at delivery.
 */
export type EventFrame = { [Type in EventType]: z.infer<EventFrameSchemas[Type]> }[EventType]

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
 * The wire form of an event with its row; an event without one does not compile. Throws a `TypeError` if the row that
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
  if (row === undefined) throw new TypeError(`${type} ${sequence} of ${conversationId} has no row`)
  return row
}
