import {
  assertNever,
  type Conversation,
  type ConversationSettings,
  type IdempotencyKey,
  type Json,
  type LogEvent,
  type Membership,
  type Message,
  type MessageRevision,
  parseContent,
  type Reaction,
  serialiseContent,
  settingsInForce,
  type User,
} from '@cpc-messenger/messenger'
import { activitySlotOf } from './activity-slot.ts'
import { folded } from './folded.ts'
import type {
  ConversationRow,
  EventRow,
  IdempotencyKeyRow,
  MembershipRow,
  MessageRow,
  ReactionRow,
  RevisionRow,
  UserRow,
} from './tables.ts'

const jsonText = (json: Json): string | null => (json === null ? null : JSON.stringify(json))
const parseJson = (text: string | null): Json => (text === null ? null : (JSON.parse(text) as Json))

export const userRow = (user: User): UserRow => ({
  id: user.id,
  kind: user.kind,
  display_name: user.displayName,
  avatar_url: user.avatarUrl,
  metadata: jsonText(user.metadata),
  created_at: user.createdAt,
  profile_as_of: user.profileAsOf,
  named_by: user.namedById,
  folded_id: folded(user.id),
  folded_name: folded(user.displayName),
})

export const parseUser = (row: UserRow): User => ({
  id: row.id,
  kind: row.kind,
  displayName: row.display_name,
  avatarUrl: row.avatar_url,
  metadata: parseJson(row.metadata),
  createdAt: row.created_at,
  profileAsOf: row.profile_as_of,
  namedById: row.named_by,
})

export const conversationRow = (conversation: Conversation, lastCommit: number): ConversationRow => ({
  id: conversation.id,
  kind: conversation.kind,
  name: conversation.name,
  topic: conversation.topic,
  created_at: conversation.createdAt,
  updated_at: conversation.updatedAt,
  last_activity_at: conversation.lastActivityAt,
  key: conversation.key,
  metadata: jsonText(conversation.metadata),
  settings: JSON.stringify(conversation.settings),
  last_sequence: conversation.lastSequence,
  member_count: conversation.memberCount,
  direct_pair: conversation.directPair,
  deleted_at: conversation.deletedAt,
  folded_name: folded(conversation.name ?? ''),
  last_commit: lastCommit,
  purged: 0,
  active_slot: activitySlotOf(conversation.lastActivityAt),
})

export const parseConversation = (row: ConversationRow): Conversation => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  topic: row.topic,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  lastActivityAt: row.last_activity_at,
  key: row.key,
  metadata: parseJson(row.metadata),
  settings: settingsInForce(row.kind, JSON.parse(row.settings) as ConversationSettings),
  lastSequence: row.last_sequence,
  memberCount: row.member_count,
  directPair: row.direct_pair,
  deletedAt: row.deleted_at,
})

export const membershipRow = (membership: Membership): MembershipRow => ({
  id: membership.id,
  conversation_id: membership.conversationId,
  user_id: membership.userId,
  role: membership.role,
  joined_at: membership.joinedAt,
  first_joined_sequence: membership.firstJoinedSequence,
  joined_sequence: membership.joinedSequence,
  left_sequence: membership.leftSequence,
  silenced_until: membership.silencedUntil,
  last_posted_at: membership.lastPostedAt,
  leave_reason: membership.leaveReason,
})

export const parseMembership = (row: MembershipRow): Membership => ({
  id: row.id,
  conversationId: row.conversation_id,
  userId: row.user_id,
  role: row.role,
  joinedAt: row.joined_at,
  firstJoinedSequence: row.first_joined_sequence,
  joinedSequence: row.joined_sequence,
  leftSequence: row.left_sequence,
  silencedUntil: row.silenced_until,
  lastPostedAt: row.last_posted_at,
  leaveReason: row.leave_reason,
})

export const messageRow = (message: Message): MessageRow => ({
  id: message.id,
  conversation_id: message.conversationId,
  sequence: message.sequence,
  changed_sequence: message.changedSequence,
  author_id: message.authorId,
  content: serialiseContent(message.content),
  metadata: jsonText(message.metadata),
  created_at: message.createdAt,
  updated_at: message.updatedAt,
  deleted_at: message.deletedAt,
  version: message.version,
  client_message_id: message.clientMessageId,
  sent_fingerprint: message.sentFingerprint,
  reply_to_id: message.replyToId,
})

export const parseMessage = (row: MessageRow): Message => ({
  id: row.id,
  conversationId: row.conversation_id,
  sequence: row.sequence,
  changedSequence: row.changed_sequence,
  authorId: row.author_id,
  content: parseContent(row.content),
  metadata: parseJson(row.metadata),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  deletedAt: row.deleted_at,
  version: row.version,
  clientMessageId: row.client_message_id,
  sentFingerprint: row.sent_fingerprint,
  replyToId: row.reply_to_id,
})

export const revisionRow = (
  revision: MessageRevision,
  conversationId: RevisionRow['conversation_id'],
): RevisionRow => ({
  message_id: revision.messageId,
  version: revision.version,
  conversation_id: conversationId,
  content: serialiseContent(revision.content),
  editor_id: revision.editorId,
  created_at: revision.createdAt,
  redacted_at: revision.redactedAt,
})

export const reactionRow = (reaction: Reaction): ReactionRow => ({
  message_id: reaction.messageId,
  user_id: reaction.userId,
  emoji: reaction.emoji,
  conversation_id: reaction.conversationId,
  created_at: reaction.createdAt,
  sequence: reaction.sequence,
})

export const parseReaction = (row: ReactionRow): Reaction => ({
  conversationId: row.conversation_id,
  messageId: row.message_id,
  emoji: row.emoji,
  userId: row.user_id,
  createdAt: row.created_at,
  sequence: row.sequence,
})

type StoredIdempotencyKey = IdempotencyKey & { readonly conversationId: IdempotencyKeyRow['conversation_id'] }

export const idempotencyKeyRow = (key: StoredIdempotencyKey): IdempotencyKeyRow => ({
  user_id: key.userId,
  key: key.key,
  conversation_id: key.conversationId,
})

export const parseIdempotencyKey = (row: IdempotencyKeyRow): StoredIdempotencyKey => ({
  userId: row.user_id,
  key: row.key,
  conversationId: row.conversation_id,
})

export const eventRow = (event: LogEvent, commit: number): EventRow => ({
  conversation_id: event.conversationId,
  sequence: event.sequence,
  type: event.type,
  occurred_at: event.occurredAt,
  actor_id: event.actorId,
  message_id: 'messageId' in event ? event.messageId : null,
  membership_id: 'membershipId' in event ? event.membershipId : null,
  user_id: 'userId' in event ? event.userId : null,
  emoji: 'emoji' in event ? event.emoji : null,
  reacted_at: 'reactedAt' in event ? event.reactedAt : null,
  reason: 'reason' in event ? event.reason : null,
  commit_id: commit,
})

const required = <Value>(value: Value | null, row: EventRow): Value => {
  if (value === null) throw new TypeError(`event ${row.sequence} of ${row.conversation_id} lacks what ${row.type} has`)
  return value
}

export const parseEvent = (row: EventRow): LogEvent => {
  const { type } = row
  const stem = {
    conversationId: row.conversation_id,
    sequence: row.sequence,
    occurredAt: row.occurred_at,
    actorId: row.actor_id,
  }
  switch (type) {
    case 'MessageCreated':
    case 'MessageUpdated':
    case 'MessageDeleted':
      return { ...stem, type, messageId: required(row.message_id, row) }
    case 'ReactionAdded':
    case 'ReactionRemoved':
      return {
        ...stem,
        type,
        messageId: required(row.message_id, row),
        emoji: required(row.emoji, row),
        userId: required(row.user_id, row),
        reactedAt: required(row.reacted_at, row),
      }
    case 'ConversationUpdated':
    case 'ConversationDeleted':
      return { ...stem, type }
    case 'MemberJoined':
    case 'MemberUpdated':
      return { ...stem, type, membershipId: required(row.membership_id, row), userId: required(row.user_id, row) }
    case 'MemberLeft':
      return {
        ...stem,
        type,
        membershipId: required(row.membership_id, row),
        userId: required(row.user_id, row),
        reason: required(row.reason, row),
      }
    default:
      return assertNever(type)
  }
}
