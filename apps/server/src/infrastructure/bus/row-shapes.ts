import {
  type Conversation,
  type ConversationSettings,
  type DeletedContent,
  type EventRows,
  type EventType,
  type LeaveReason,
  type LogEvent,
  type Membership,
  type MembershipNotice,
  type Message,
  maxSequence,
  parseConversationId,
  parseMembershipId,
  parseMessageId,
  parseStoredUserId,
  roles,
  type SystemContent,
  type TextContent,
} from '@cpc-messenger/messenger'
import {
  type Check,
  hasShape,
  isAnything,
  isFlag,
  isListOf,
  isNumber,
  isOneKind,
  isOneOf,
  isParsed,
  isText,
  isWhole,
  orNull,
} from './shape.ts'

const isConversationId = isParsed(parseConversationId)
const isMessageId = isParsed(parseMessageId)
const isMembershipId = isParsed(parseMembershipId)
const isUserId = isParsed(parseStoredUserId)
const isRole = isOneOf(roles)
const isLeaveReason = isOneOf<LeaveReason>(['LEFT', 'REMOVED', 'BANNED'])
const isInstant = isNumber
export const isSequence = isWhole(1, maxSequence)

type EventOf<Type extends EventType> = Extract<LogEvent, { readonly type: Type }>

const ofEvent = {
  type: isText,
  conversationId: isConversationId,
  sequence: isSequence,
  occurredAt: isInstant,
  actorId: orNull(isUserId),
}
const messageEvent = hasShape<EventOf<'MessageCreated' | 'MessageUpdated' | 'MessageDeleted'>>({
  ...ofEvent,
  messageId: isMessageId,
})
const reactionEvent = hasShape<EventOf<'ReactionAdded' | 'ReactionRemoved'>>({
  ...ofEvent,
  messageId: isMessageId,
  emoji: isText,
  userId: isUserId,
  reactedAt: isInstant,
})
const memberEvent = hasShape<EventOf<'MemberJoined' | 'MemberUpdated'>>({
  ...ofEvent,
  membershipId: isMembershipId,
  userId: isUserId,
})

const eventShapes: Readonly<Record<EventType, Check<LogEvent>>> = {
  MessageCreated: messageEvent,
  MessageUpdated: messageEvent,
  MessageDeleted: messageEvent,
  ReactionAdded: reactionEvent,
  ReactionRemoved: reactionEvent,
  ConversationUpdated: hasShape<EventOf<'ConversationUpdated'>>(ofEvent),
  ConversationDeleted: hasShape<EventOf<'ConversationDeleted'>>(ofEvent),
  MemberJoined: memberEvent,
  MemberUpdated: memberEvent,
  MemberLeft: hasShape<EventOf<'MemberLeft'>>({
    ...ofEvent,
    membershipId: isMembershipId,
    userId: isUserId,
    reason: isLeaveReason,
  }),
}

export const isEvent = isOneKind<LogEvent>('type', eventShapes)

const isContent = isOneKind<Message['content']>('kind', {
  text: hasShape<TextContent>({
    kind: isText,
    text: isText,
    format: isOneOf<TextContent['format']>(['PLAIN', 'MARKDOWN']),
    mentionIds: isListOf(isUserId),
    mentionsEveryone: isFlag,
  }),
  system: hasShape<SystemContent>({
    kind: isText,
    system: isOneOf<SystemContent['system']>(['CONVERSATION_CREATED', 'NAME_CHANGED', 'TOPIC_CHANGED']),
    text: isText,
    subjectIds: isListOf(isUserId),
    before: orNull(isText),
    after: orNull(isText),
  }),
  deleted: hasShape<DeletedContent>({ kind: isText }),
})

const isMessage = hasShape<Message>({
  id: isMessageId,
  conversationId: isConversationId,
  sequence: isSequence,
  changedSequence: isSequence,
  authorId: orNull(isUserId),
  content: isContent,
  metadata: isAnything,
  createdAt: isInstant,
  updatedAt: orNull(isInstant),
  deletedAt: orNull(isInstant),
  version: isWhole(1),
  clientMessageId: orNull(isText),
  sentFingerprint: orNull(isNumber),
  replyToId: orNull(isMessageId),
})

const isMembership = hasShape<Membership>({
  id: isMembershipId,
  conversationId: isConversationId,
  userId: isUserId,
  role: isRole,
  joinedAt: isInstant,
  firstJoinedSequence: isSequence,
  joinedSequence: isSequence,
  leftSequence: orNull(isSequence),
  silencedUntil: orNull(isInstant),
  lastPostedAt: orNull(isInstant),
  leaveReason: orNull(isLeaveReason),
})

const isConversation = hasShape<Conversation>({
  id: isConversationId,
  kind: isOneOf<Conversation['kind']>(['DIRECT', 'GROUP', 'CHANNEL']),
  name: orNull(isText),
  topic: orNull(isText),
  createdAt: isInstant,
  updatedAt: isInstant,
  lastActivityAt: isInstant,
  key: orNull(isText),
  metadata: isAnything,
  settings: hasShape<ConversationSettings>({
    historyVisibility: isOneOf<ConversationSettings['historyVisibility']>(['NONE', 'MODERATORS', 'MEMBERS']),
    editWindowSeconds: orNull(isNumber),
    slowModeSeconds: orNull(isNumber),
    postingRole: isRole,
  }),
  lastSequence: isSequence,
  memberCount: isWhole(0),
  directPair: orNull(isText),
  deletedAt: orNull(isInstant),
})

export const isEventRows = hasShape<EventRows>({
  messages: isListOf(isMessage),
  memberships: isListOf(isMembership),
  conversations: isListOf(isConversation),
})

export const isNotice = hasShape<MembershipNotice>({
  userId: isUserId,
  conversationId: isConversationId,
  sequence: isSequence,
})
