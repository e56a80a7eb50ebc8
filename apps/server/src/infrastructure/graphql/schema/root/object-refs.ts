import type {
  Conversation,
  ConversationSettings,
  Membership,
  Message,
  MessageContent,
  Reaction,
  ReactionSummary,
  Thread,
  User,
} from '@cpc-messenger/messenger'
import type { DeliveredEvent } from '../../../../delivery/log/stream-item.ts'
import type { Actor } from '../../../../services/identity/actor.ts'
import { builder } from './builder.ts'

/** A reaction in the public schema. The reaction of an event may already be removed. */
export type ReactionShape = Pick<Reaction, 'messageId' | 'emoji' | 'userId' | 'createdAt'>

// Types refer to each other in cycles. Their refs are here so that the files which implement them need not import each other.
export const NodeInterface = builder.interfaceRef<{ readonly id: string }>('Node')
export const UserObject = builder.objectRef<User>('User')
export const ViewerObject = builder.objectRef<Actor>('Viewer')
export const ConversationObject = builder.objectRef<Conversation>('Conversation')
export const ConversationSettingsObject = builder.objectRef<ConversationSettings>('ConversationSettings')
export const MembershipObject = builder.objectRef<Membership>('Membership')
export const MessageObject = builder.objectRef<Message>('Message')
export const MessageContentInterface = builder.interfaceRef<MessageContent>('MessageContent')
/** A thread with its id. */
export type ThreadShape = Thread & { readonly id: string }
export const ThreadObject = builder.objectRef<ThreadShape>('Thread')
export const ReactionObject = builder.objectRef<ReactionShape>('Reaction')
export const ReactionSummaryObject = builder.objectRef<ReactionSummary>('ReactionSummary')
export const ConversationEventInterface = builder.interfaceRef<DeliveredEvent>('ConversationEvent')
export const ReactionEventInterface = builder.interfaceRef<DeliveredEvent>('ReactionEvent')
