import { activitySlotMs } from '../../tables/activity-slot.ts'
import type { SqlDialect } from '../statements/dialect.ts'

/**
 * Every table that grows with use has `conversation_id`, so that it can be partitioned by it. A partial index serves a query
 * only if the query repeats its condition.
 */
const firstSchema = ({ text, integer, bigint, table, clustered, changing }: SqlDialect): readonly string[] => [
  `create table users (
    id ${text} not null primary key,
    kind ${text} not null,
    display_name ${text} not null,
    avatar_url ${text},
    metadata ${text},
    created_at ${bigint} not null,
    folded_id ${text} not null,
    folded_name ${text} not null
  ) ${table}`,
  'create index users_by_folded_id on users (folded_id)',
  'create index users_by_folded_name on users (folded_name, id)',

  `create table conversations (
    id ${text} not null primary key,
    kind ${text} not null,
    name ${text},
    topic ${text},
    created_at ${bigint} not null,
    updated_at ${bigint} not null,
    last_activity_at ${bigint} not null,
    "key" ${text} unique,
    metadata ${text},
    settings ${text} not null,
    last_sequence ${integer} not null,
    member_count ${integer} not null,
    direct_pair ${text} unique,
    deleted_at ${bigint},
    folded_name ${text} not null,
    last_commit ${bigint} not null,
    purged ${integer} not null
  ) ${changing}`,
  `create index channels_by_name on conversations (folded_name, id) where kind = 'CHANNEL' and deleted_at is null`,
  'create index conversations_to_purge on conversations (id) where deleted_at is not null and purged = 0',

  `create table memberships (
    id ${text} not null primary key,
    conversation_id ${text} not null,
    user_id ${text} not null,
    role ${text} not null,
    joined_at ${bigint} not null,
    first_joined_sequence ${integer} not null,
    joined_sequence ${integer} not null,
    left_sequence ${integer},
    silenced_until ${bigint},
    last_posted_at ${bigint},
    unique (conversation_id, user_id)
  ) ${table}`,
  `create index members_in_order on memberships (conversation_id, joined_sequence, user_id) where left_sequence is null`,
  `create index standing_of_user on memberships (user_id, conversation_id) where left_sequence is null`,
  `create index ended_of_user on memberships (user_id, conversation_id) where left_sequence is not null`,

  `create table messages (
    id ${text} not null primary key,
    conversation_id ${text} not null,
    sequence ${integer} not null,
    changed_sequence ${integer} not null,
    author_id ${text},
    content ${text} not null,
    metadata ${text},
    created_at ${bigint} not null,
    updated_at ${bigint},
    deleted_at ${bigint},
    version ${integer} not null,
    client_message_id ${text},
    sent_fingerprint ${bigint},
    reply_to_id ${text},
    unique (conversation_id, sequence)
  ) ${table}`,
  `create unique index messages_as_sent on messages (conversation_id, author_id, client_message_id)
    where client_message_id is not null`,

  `create table message_revisions (
    message_id ${text} not null,
    version ${integer} not null,
    conversation_id ${text} not null,
    content ${text} not null,
    editor_id ${text},
    created_at ${bigint} not null,
    redacted_at ${bigint},
    primary key (message_id, version)
  ) ${table}`,

  `create table reactions (
    message_id ${text} not null,
    user_id ${text} not null,
    emoji ${text} not null,
    conversation_id ${text} not null,
    created_at ${bigint} not null,
    sequence ${integer} not null,
    primary key (message_id, user_id, emoji)
  ) ${clustered}`,
  'create index reactions_in_order on reactions (message_id, sequence)',
  'create index reactions_of_emoji on reactions (message_id, emoji, sequence)',

  `create table reaction_counts (
    message_id ${text} not null,
    emoji ${text} not null,
    conversation_id ${text} not null,
    count ${integer} not null,
    primary key (message_id, emoji)
  ) ${clustered}`,

  `create table idempotency_keys (
    user_id ${text} not null,
    "key" ${text} not null,
    conversation_id ${text} not null,
    primary key (user_id, "key")
  ) ${clustered}`,

  `create table events (
    conversation_id ${text} not null,
    sequence ${integer} not null,
    type ${text} not null,
    occurred_at ${bigint} not null,
    actor_id ${text},
    message_id ${text},
    membership_id ${text},
    user_id ${text},
    emoji ${text},
    reacted_at ${bigint},
    reason ${text},
    commit_id ${bigint} not null,
    primary key (conversation_id, sequence)
  ) ${clustered}`,
  'create index reaction_events on events (conversation_id, message_id, sequence) where emoji is not null',
]

/** The signing key that nodes of one database share; a server on SQLite keeps it in a file. */
const ownKeySchema = ({ text, integer, table }: SqlDialect): readonly string[] => [
  `create table own_key (id ${integer} not null primary key, jwk ${text} not null) ${table}`,
]

/**
 * For nodes that share a database: the index finds memberships whose notice was lost; `receipts`, with one row for each writer,
 * records the outcome of a commit without a response.
 */
const nodesSchema = ({ text, bigint, changing }: SqlDialect): readonly string[] => [
  `create index joins_by_commit on events (commit_id) where type = 'MemberJoined'`,
  `create table receipts (
    writer ${text} not null primary key,
    number ${bigint} not null,
    left_at ${bigint} not null
  ) ${changing}`,
]

/** For lists: conversations by activity, and users by id, with a defined order for ids that differ only in case. */
const listsSchema = ({ bigint }: SqlDialect): readonly string[] => [
  `alter table conversations add column active_slot ${bigint} not null default 0`,
  `update conversations set active_slot = last_activity_at / ${activitySlotMs}`,
  'create index conversations_by_activity on conversations (active_slot, id, kind) where deleted_at is null',
  'create index users_in_order_of_id on users (folded_id, id)',
  'drop index users_by_folded_id',
]

/** The number of the commit that wrote the receipt. */
const receiptsSchema = ({ bigint }: SqlDialect): readonly string[] => [
  `alter table receipts add column commit_id ${bigint} not null default 0`,
]

/**
 * Which token set a profile, and how a membership ended. Erases reactions to messages that were deleted before this version.
 */
export const rulesSchema = ({ text, bigint }: SqlDialect): readonly string[] => [
  `alter table users add column profile_as_of ${bigint}`,
  `alter table memberships add column leave_reason ${text}`,
  `update memberships set leave_reason = (
      select reason from events where conversation_id = memberships.conversation_id and sequence = memberships.left_sequence
    ) where left_sequence is not null`,
  'delete from reactions where message_id in (select id from messages where deleted_at is not null)',
  'delete from reaction_counts where message_id in (select id from messages where deleted_at is not null)',
]

/** For quotas: the groups that a user owns, and the users whom the user added before they signed in. */
const quotasSchema = ({ text }: SqlDialect): readonly string[] => [
  `create index owned_by_user on memberships (user_id) where role = 'OWNER' and left_sequence is null`,
  `alter table users add column named_by ${text}`,
  'create index users_named_by on users (named_by) where named_by is not null',
]

/** The secret with which nodes of one database sign their announcements. */
const busSecretSchema = ({ text, integer, table }: SqlDialect): readonly string[] => [
  `create table bus_secret (id ${integer} not null primary key check (id = 1), secret ${text} not null) ${table}`,
]

/** Each migrates a database from one version to the next. Never change a released one. */
export const migrations: readonly ((dialect: SqlDialect) => readonly string[])[] = [
  firstSchema,
  ownKeySchema,
  nodesSchema,
  receiptsSchema,
  rulesSchema,
  busSecretSchema,
  listsSchema,
  quotasSchema,
]
