import type {
  ConversationId,
  ConversationKind,
  EventType,
  Instant,
  LeaveReason,
  MembershipId,
  MessageId,
  Role,
  UserId,
  UserKind,
} from '@cpc-messenger/messenger'

/** One row: what the database as a whole knows about itself. */
export interface MetaRow {
  readonly id: number
  readonly epoch: string
  readonly schema_version: number
  /** The number of the newest commit. */
  readonly last_commit: number
}

export interface UserRow {
  readonly id: UserId
  readonly kind: UserKind
  readonly display_name: string
  readonly avatar_url: string | null
  readonly metadata: string | null
  readonly created_at: Instant
  /** `profileAsOf` of the user. */
  readonly profile_as_of: Instant | null
  readonly named_by: UserId | null
  readonly folded_id: string
  readonly folded_name: string
}

export interface ConversationRow {
  readonly id: ConversationId
  readonly kind: ConversationKind
  readonly name: string | null
  readonly topic: string | null
  readonly created_at: Instant
  readonly updated_at: Instant
  readonly last_activity_at: Instant
  readonly key: string | null
  readonly metadata: string | null
  readonly settings: string
  readonly last_sequence: number
  readonly member_count: number
  readonly direct_pair: string | null
  readonly deleted_at: Instant | null
  readonly folded_name: string
  /** The number of the commit that last appended to its log. */
  readonly last_commit: number
  /** 1 once it is deleted and its rows are erased. */
  readonly purged: number
  /** See `activitySlotOf`. */
  readonly active_slot: number
}

export interface MembershipRow {
  readonly id: MembershipId
  readonly conversation_id: ConversationId
  readonly user_id: UserId
  readonly role: Role
  readonly joined_at: Instant
  readonly first_joined_sequence: number
  readonly joined_sequence: number
  readonly left_sequence: number | null
  readonly silenced_until: Instant | null
  readonly last_posted_at: Instant | null
  readonly leave_reason: LeaveReason | null
}

export interface MessageRow {
  readonly id: MessageId
  readonly conversation_id: ConversationId
  readonly sequence: number
  readonly changed_sequence: number
  readonly author_id: UserId | null
  readonly content: string
  readonly metadata: string | null
  readonly created_at: Instant
  readonly updated_at: Instant | null
  readonly deleted_at: Instant | null
  readonly version: number
  readonly client_message_id: string | null
  readonly sent_fingerprint: number | null
  readonly reply_to_id: MessageId | null
}

export interface RevisionRow {
  readonly message_id: MessageId
  readonly version: number
  readonly conversation_id: ConversationId
  readonly content: string
  readonly editor_id: UserId | null
  readonly created_at: Instant
  readonly redacted_at: Instant | null
}

export interface ReactionRow {
  readonly message_id: MessageId
  readonly user_id: UserId
  readonly emoji: string
  readonly conversation_id: ConversationId
  readonly created_at: Instant
  readonly sequence: number
}

/** How often an emoji stands on a message, kept so that nobody has to count; no row stands for none. */
export interface ReactionCountRow {
  readonly message_id: MessageId
  readonly emoji: string
  readonly conversation_id: ConversationId
  readonly count: number
}

export interface IdempotencyKeyRow {
  readonly user_id: UserId
  readonly key: string
  readonly conversation_id: ConversationId
}

export interface EventRow {
  readonly conversation_id: ConversationId
  readonly sequence: number
  readonly type: EventType
  readonly occurred_at: Instant
  readonly actor_id: UserId | null
  readonly message_id: MessageId | null
  readonly membership_id: MembershipId | null
  readonly user_id: UserId | null
  readonly emoji: string | null
  readonly reacted_at: Instant | null
  readonly reason: LeaveReason | null
  /** The number of the commit that it came with; along a log it never falls. */
  readonly commit_id: number
}

export interface Tables {
  readonly meta: MetaRow
  readonly users: UserRow
  readonly conversations: ConversationRow
  readonly memberships: MembershipRow
  readonly messages: MessageRow
  readonly message_revisions: RevisionRow
  readonly reactions: ReactionRow
  readonly reaction_counts: ReactionCountRow
  readonly idempotency_keys: IdempotencyKeyRow
  readonly events: EventRow
}
