import type { EventType } from '@cpc-messenger/messenger'
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
    REMOVED: { description: 'A moderator removed the user.' },
    BANNED: { description: 'A moderator removed the user, who may not return.' },
  } as const,
})

const subject = <Row>(row: Row | undefined): Row => {
  if (row === undefined) throw new TypeError('an event was delivered without its row')
  return row
}

const reactionOf = ({ event }: DeliveredEvent): ReactionShape => {
  if (event.type !== 'ReactionAdded' && event.type !== 'ReactionRemoved')
    throw new TypeError(`a ${event.type} has no reaction`)
  const { messageId, emoji, userId, reactedAt } = event
  return { messageId, emoji, userId, createdAt: reactedAt }
}

const leftOf = ({ event }: DeliveredEvent) => {
  if (event.type !== 'MemberLeft') throw new TypeError(`a ${event.type} does not end a membership`)
  return event
}

builder.interfaceType(ConversationEventInterface, {
  description:
    "A durable event in a conversation's log. Sequences are 1, 2, 3, … in each conversation, without gaps. A subscriber that has sequence n subscribes with `after: n` and receives every later event once, in order.",
  resolveType: ({ event }) => event.type,
  fields: t => ({
    conversationId: t.id({
      extensions: viewerIndependent,
      description: 'The conversation whose log has this event.',
      resolve: ({ event }) => event.conversationId,
    }),
    sequence: t.int({
      extensions: viewerIndependent,
      description: 'Its number in the log, from 1.',
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
      description: 'The user who caused it; null if the server did.',
      resolve: ({ event }, _args, { reading }) => (event.actorId === null ? null : reading.getUser(event.actorId)),
    }),
  }),
})

builder.interfaceType(ReactionEventInterface, {
  description: 'A reaction was added or removed.',
  interfaces: [ConversationEventInterface],
  resolveType: ({ event }) => event.type,
  fields: t => ({
    reaction: t.field({
      extensions: viewerIndependent,
      type: ReactionObject,
      description: 'The reaction that was added or removed.',
      resolve: reactionOf,
    }),
    message: t.field({
      extensions: viewerIndependent,
      type: MessageObject,
      description: 'The message, as of the delivery of the event.',
      resolve: ({ message }) => subject(message),
    }),
  }),
})

const reactionEvent = (name: 'ReactionAdded' | 'ReactionRemoved', description: string) =>
  builder.objectType(builder.objectRef<DeliveredEvent>(name), {
    description,
    interfaces: [ConversationEventInterface, ReactionEventInterface],
  })

const messageEvent = (name: 'MessageCreated' | 'MessageUpdated' | 'MessageDeleted', description: string) =>
  builder.objectType(builder.objectRef<DeliveredEvent>(name), {
    description,
    interfaces: [ConversationEventInterface],
    fields: t => ({
      message: t.field({
        extensions: viewerIndependent,
        type: MessageObject,
        description:
          'The message as of the delivery of the event: as of this sequence, or newer if the event is replayed.',
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
        description: 'The membership as of the delivery of the event.',
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
      description: 'The conversation as of the delivery of the event.',
      resolve: ({ conversation }) => subject(conversation),
    }),
  }),
})

const ConversationDeletedObject = builder.objectType(builder.objectRef<DeliveredEvent>('ConversationDeleted'), {
  description: 'The conversation was deleted for everyone; only its id remains.',
  interfaces: [ConversationEventInterface],
})

const MemberLeftObject = builder.objectType(builder.objectRef<DeliveredEvent>('MemberLeft'), {
  description:
    'A membership ended. This is the last event of the conversation that the user receives; their subscriptions to it complete after it.',
  interfaces: [ConversationEventInterface],
  fields: t => ({
    user: t.field({
      extensions: viewerIndependent,
      type: UserObject,
      description: 'The user who is no longer a member.',
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

/** One for each event of a log: an event without one does not compile. */
export const eventObjects = {
  MessageCreated: messageEvent('MessageCreated', 'A message was sent.'),
  MessageUpdated: messageEvent(
    'MessageUpdated',
    'A message was edited, or one of its revisions was redacted; then its `version` is the same.',
  ),
  MessageDeleted: messageEvent('MessageDeleted', 'A message was deleted.'),
  ReactionAdded: reactionEvent('ReactionAdded', 'A user reacted to a message.'),
  ReactionRemoved: reactionEvent('ReactionRemoved', 'A user removed a reaction.'),
  ConversationUpdated: ConversationUpdatedObject,
  ConversationDeleted: ConversationDeletedObject,
  MemberJoined: membershipEvent('MemberJoined', 'A user became a member.'),
  MemberLeft: MemberLeftObject,
  MemberUpdated: membershipEvent('MemberUpdated', 'The role or silence of a member changed.'),
} satisfies Readonly<Record<EventType, unknown>>
