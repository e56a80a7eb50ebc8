import { activitySlotMs } from '../../tables/conversations/conversations.ts'
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

/**
 * Threads, mentions, and ordinals of messages, by which unread ones are counted. Messages that are stored already are all in
 * the timeline; of deleted ones it is not known whether they were sent by the server, so they count as messages of users.
 */
export const threadsSchema = ({
  text,
  integer,
  bigint,
  table,
  clustered,
  mentionsIn,
}: SqlDialect): readonly string[] => [
  `alter table messages add column thread_root_id ${text}`,
  `alter table messages add column also_in_conversation ${integer} not null default 0`,
  `alter table messages add column ordinal ${integer} not null default 0`,
  `alter table messages add column in_timeline ${integer} not null default 1`,
  `alter table messages add column countable ${integer} not null default 1`,
  `alter table conversations add column message_count ${integer} not null default 0`,
  `alter table events add column thread_root_id ${text}`,
  `update messages set countable = 0 where content like '{"kind":"system"%'`,
  `update messages set ordinal = numbered.ordinal from (
      select id, sum(countable) over (partition by conversation_id order by sequence) as ordinal from messages
    ) as numbered where numbered.id = messages.id`,
  `update conversations set message_count = coalesce((
      select max(ordinal) from messages where messages.conversation_id = conversations.id), 0)`,

  'create index timeline on messages (conversation_id, sequence) where in_timeline = 1',
  `create index countable_of_author on messages (conversation_id, author_id, sequence)
    where in_timeline = 1 and countable = 1 and deleted_at is null`,
  `create index countable_deleted on messages (conversation_id, sequence)
    where in_timeline = 1 and countable = 1 and deleted_at is not null`,
  'create index replies on messages (thread_root_id, sequence) where thread_root_id is not null',
  'create index thread_only on messages (thread_root_id, sequence) where in_timeline = 0',
  `create index replies_of_author on messages (thread_root_id, author_id, sequence)
    where thread_root_id is not null and deleted_at is null`,
  'create index thread_only_deleted on messages (thread_root_id, sequence) where in_timeline = 0 and deleted_at is not null',
  'create index thread_events on events (conversation_id, thread_root_id, sequence) where thread_root_id is not null',
  `create index message_changes on events (conversation_id, message_id, sequence)
    where type in ('MessageUpdated', 'MessageDeleted')`,

  `create table threads (
    root_id ${text} not null primary key,
    conversation_id ${text} not null,
    reply_count ${integer} not null,
    message_count ${integer} not null,
    last_reply_at ${bigint} not null,
    last_sequence ${integer} not null
  ) ${table}`,
  'create index threads_of_conversation on threads (conversation_id, root_id)',

  `create table thread_states (
    root_id ${text} not null,
    user_id ${text} not null,
    conversation_id ${text} not null,
    follows ${integer} not null,
    chosen ${integer} not null,
    read_sequence ${integer} not null,
    reply_count ${integer} not null,
    first_reply_sequence ${integer},
    primary key (root_id, user_id)
  ) ${clustered}`,
  'create index followed_threads on thread_states (user_id, root_id) where follows = 1',
  `create index participants on thread_states (root_id, first_reply_sequence, user_id) where reply_count > 0`,

  `create table mentions (
    message_id ${text} not null,
    user_id ${text} not null,
    conversation_id ${text} not null,
    thread_root_id ${text},
    sequence ${integer} not null,
    author_id ${text} not null,
    primary key (message_id, user_id)
  ) ${clustered}`,
  'create index mentions_of_user on mentions (user_id, message_id)',
  'create index timeline_mentions on mentions (user_id, conversation_id, sequence) where thread_root_id is null',
  'create index thread_mentions on mentions (user_id, thread_root_id, sequence) where thread_root_id is not null',
  `insert into mentions (message_id, user_id, conversation_id, sequence, author_id)
    select distinct m.id, named.value, m.conversation_id, m.sequence, m.author_id from messages as m, ${mentionsIn('m.content')} as named
    where m.content like '{"kind":"text"%' and m.author_id is not null and named.value <> m.author_id`,
  `insert into mentions (message_id, user_id, conversation_id, sequence, author_id)
    select id, 'everyone', conversation_id, sequence, author_id from messages
    where content like '{"kind":"text"%' and content like '%"mentionsEveryone":true}' and author_id is not null`,
]

/**
 * For reading and erasing histories. Revisions of conversations that keep none now are erased; who deleted a message is
 * known from the log, in which the deletion is the last event about it.
 */
export const historySchema = ({ text, integer }: SqlDialect): readonly string[] => [
  `alter table messages add column deleted_by_id ${text}`,
  `update messages set deleted_by_id = (
      select actor_id from events
      where conversation_id = messages.conversation_id and sequence = messages.changed_sequence and type = 'MessageDeleted'
    ) where deleted_at is not null`,
  `alter table conversations add column history_generation ${integer} not null default 0`,
  `alter table conversations add column erased_generation ${integer} not null default 0`,
  `update conversations set history_generation = 1 where settings like '%"historyVisibility":"NONE"%'`,
  'create index histories_to_erase on conversations (id) where erased_generation < history_generation',
  `alter table message_revisions add column history_generation ${integer} not null default 0`,
  'create index revisions_by_generation on message_revisions (conversation_id, history_generation)',
]

/** What each user keeps of a conversation: markers and settings. Few rows are archived, and those are found by their own indexes. */
const viewerStatesSchema = ({ text, integer, bigint, changingClustered }: SqlDialect): readonly string[] => [
  `create table viewer_states (
    conversation_id ${text} not null,
    user_id ${text} not null,
    read_sequence ${integer} not null,
    delivered_sequence ${integer} not null,
    shown_read_sequence ${integer} not null,
    shown_delivered_sequence ${integer} not null,
    marked_unread_from ${integer},
    notifications ${text} not null,
    archived_at ${bigint},
    pinned_at ${bigint},
    primary key (conversation_id, user_id)
  ) ${changingClustered}`,
  `create index archived_of_user on viewer_states (user_id, conversation_id) where archived_at is not null`,
  `create index archived_in_conversation on viewer_states (conversation_id, user_id) where archived_at is not null`,
]

/** What users have chosen of their presence, and when they were last seen. The index finds changes that other nodes have made. */
const presencesSchema = ({ text, bigint, changing }: SqlDialect): readonly string[] => [
  `create table presences (
    user_id ${text} not null primary key,
    choice ${text} not null,
    status_text ${text},
    status_expires_at ${bigint},
    changed_at ${bigint} not null,
    last_seen_at ${bigint} not null
  ) ${changing}`,
  'create index changed_presences on presences (changed_at, user_id) where changed_at > 0',
]

/** Which tokens of a user are accepted, and who is an administrator. The index finds changes that other nodes have made. */
const accountsSchema = ({ integer, bigint }: SqlDialect): readonly string[] => [
  `alter table users add column deactivated_at ${bigint}`,
  `alter table users add column tokens_valid_from ${bigint}`,
  `alter table users add column administrator ${integer} not null default 0`,
  `alter table users add column account_changed_at ${bigint}`,
  'create index changed_accounts on users (account_changed_at, id) where account_changed_at is not null',
]

/** What moderators and administrators have done. The second index is for acts that no conversation shows. */
const auditSchema = ({ text, bigint, table }: SqlDialect): readonly string[] => [
  `create table audit_entries (
    id ${text} not null primary key,
    conversation_id ${text},
    occurred_at ${bigint} not null,
    actor_id ${text},
    action ${text} not null,
    subject_id ${text},
    message_id ${text},
    reason ${text},
    value_before ${text},
    value_after ${text}
  ) ${table}`,
  'create index audit_of_conversation on audit_entries (conversation_id, id)',
  `create index audit_of_server on audit_entries (id) where conversation_id is null or action = 'CONVERSATION_DELETED'`,
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
  threadsSchema,
  historySchema,
  viewerStatesSchema,
  presencesSchema,
  accountsSchema,
  auditSchema,
]
