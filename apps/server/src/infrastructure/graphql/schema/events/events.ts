import type { DeliveredEvent } from '../../../../delivery/log/stream-item.ts'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { builder } from '../root/builder.ts'
import {
  ConversationEventInterface,
  ConversationObject,
  MembershipObject,
  MessageObject,
  ReactionEventInterface,
  ReactionObject,
  type ReactionShape,
  UserObject,
} from '../root/object-refs.ts'

const LeaveReasonEnum = builder.enumType('LeaveReason', {
  description: 'Why a membership ended.',
  values: {
    LEFT: { description: 'The user left.' },
    REMOVED: { description: 'A moderator removed them.' },
    BANNED: { description: 'A moderator removed them, and they may not come back.' },
  } as const,
})

const subject = <Row>(row: Row | undefined): Row => {
  if (row === undefined) throw new TypeError('an event was delivered without what it is about')
  return row
}

const reactionOf = ({ event }: DeliveredEvent): ReactionShape => {
  if (event.type !== 'ReactionAdded' && event.type !== 'ReactionRemoved')
    throw new TypeError(`a ${event.type} has no reaction`)
  const { messageId, emoji, userId, reactedAt } = event
  return { messageId, emoji, userId, createdAt: reactedAt }
}

const leftOf = ({ event }: DeliveredEvent) => {
  if (event.type !== 'MemberLeft') throw new TypeError(`a ${event.type} is no leaving`)
  return event
}

builder.interfaceType(ConversationEventInterface, {
  description:
    "A durable fact in a conversation's log. Sequences run 1, 2, 3, … in each conversation, without a hole; a subscriber that holds sequence n asks for what follows with `after: n` and gets every later event once, in order.",
  resolveType: ({ event }) => event.type,
  fields: t => ({
    conversationId: t.id({
      extensions: viewerIndependent,
      description: 'The conversation in whose log it stands.',
      resolve: ({ event }) => event.conversationId,
    }),
    sequence: t.int({
      extensions: viewerIndependent,
      description: 'Its number in the log, from 1 on.',
      resolve: ({ event }) => event.sequence,
    }),
    occurredAt: t.field({
      extensions: viewerIndependent,
      type: 'DateTime',
      description: 'When it happened.',
      resolve: ({ event }) => event.occurredAt,
    }),
    actor: t.field({
      extensions: viewerIndependent,
      type: UserObject,
      nullable: true,
      description: 'Who did it; null where the server did.',
      resolve: ({ event }, _args, { reading }) => (event.actorId === null ? null : reading.getUser(event.actorId)),
    }),
  }),
})

builder.interfaceType(ReactionEventInterface, {
  description: 'A reaction came or went.',
  interfaces: [ConversationEventInterface],
  resolveType: ({ event }) => event.type,
  fields: t => ({
    reaction: t.field({
      extensions: viewerIndependent,
      type: ReactionObject,
      description: 'The reaction that came or went.',
      resolve: reactionOf,
    }),
    message: t.field({
      extensions: viewerIndependent,
      type: MessageObject,
      description: 'The message that it is on, as it is when the event is delivered.',
      resolve: ({ message }) => subject(message),
    }),
  }),
})

const reactionEvent = (name: 'ReactionAdded' | 'ReactionRemoved', description: string) =>
  builder.objectType(builder.objectRef<DeliveredEvent>(name), {
    description,
    interfaces: [ConversationEventInterface, ReactionEventInterface],
  })

export const ReactionAddedObject = reactionEvent('ReactionAdded', 'Somebody reacted to a message.')
export const ReactionRemovedObject = reactionEvent('ReactionRemoved', 'Somebody took a reaction back.')

const messageEvent = (name: 'MessageCreated' | 'MessageUpdated' | 'MessageDeleted', description: string) =>
  builder.objectType(builder.objectRef<DeliveredEvent>(name), {
    description,
    interfaces: [ConversationEventInterface],
    fields: t => ({
      message: t.field({
        extensions: viewerIndependent,
        type: MessageObject,
        description:
          'The message as it is when the event is delivered: as of this sequence, or newer where the event is replayed.',
        resolve: ({ message }) => subject(message),
      }),
    }),
  })

const membershipEvent = (name: 'MemberJoined' | 'MemberUpdated', description: string) =>
  builder.objectType(builder.objectRef<DeliveredEvent>(name), {
    description,
    interfaces: [ConversationEventInterface],
    fields: t => ({
      membership: t.field({
        extensions: viewerIndependent,
        type: MembershipObject,
        description: 'The membership as it is when the event is delivered.',
        resolve: ({ membership }) => subject(membership),
      }),
    }),
  })

const ConversationUpdatedObject = builder.objectType(builder.objectRef<DeliveredEvent>('ConversationUpdated'), {
  description: 'The name, topic, settings or metadata changed.',
  interfaces: [ConversationEventInterface],
  fields: t => ({
    conversation: t.field({
      extensions: viewerIndependent,
      type: ConversationObject,
      description: 'The conversation as it is when the event is delivered.',
      resolve: ({ conversation }) => subject(conversation),
    }),
  }),
})

const ConversationDeletedObject = builder.objectType(builder.objectRef<DeliveredEvent>('ConversationDeleted'), {
  description: 'The conversation is gone for everybody; only its id is left.',
  interfaces: [ConversationEventInterface],
})

const MemberLeftObject = builder.objectType(builder.objectRef<DeliveredEvent>('MemberLeft'), {
  description:
    'It is the last event of the conversation that the user receives; their subscriptions to it complete after it.',
  interfaces: [ConversationEventInterface],
  fields: t => ({
    user: t.field({
      extensions: viewerIndependent,
      type: UserObject,
      description: 'Who is no longer a member.',
      resolve: (delivered, _args, { reading }) => reading.getUser(leftOf(delivered).userId),
    }),
    membershipId: t.id({
      extensions: viewerIndependent,
      description: 'The membership that ended.',
      resolve: delivered => leftOf(delivered).membershipId,
    }),
    reason: t.field({
      extensions: viewerIndependent,
      type: LeaveReasonEnum,
      description: 'Why it ended.',
      resolve: delivered => leftOf(delivered).reason,
    }),
  }),
})

export const eventObjects = [
  messageEvent('MessageCreated', 'A message was sent.'),
  messageEvent('MessageUpdated', 'A message was edited.'),
  messageEvent('MessageDeleted', 'A message was deleted; what is left of it is the marker.'),
  ReactionAddedObject,
  ReactionRemovedObject,
  ConversationUpdatedObject,
  ConversationDeletedObject,
  membershipEvent('MemberJoined', 'Somebody became a member.'),
  MemberLeftObject,
  membershipEvent('MemberUpdated', 'The role or silence of a member changed.'),
]
