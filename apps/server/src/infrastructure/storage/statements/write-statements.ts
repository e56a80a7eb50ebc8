import { sql } from 'kysely'
import type {
  ConversationRow,
  EventRow,
  IdempotencyKeyRow,
  MembershipRow,
  MessageRow,
  ReactionRow,
  RevisionRow,
  UserRow,
} from '../tables/tables.ts'
import type { StatementCompiler } from './statement.ts'
import { insertStatement, type Roles, updateStatement, upsertStatement } from './upsert.ts'

const conversationsRoles: Roles<ConversationRow> = {
  id: 'key',
  kind: 'once',
  name: 'replaced',
  topic: 'replaced',
  created_at: 'replaced',
  updated_at: 'replaced',
  last_activity_at: 'replaced',
  key: 'replaced',
  metadata: 'replaced',
  settings: 'replaced',
  last_sequence: 'replaced',
  member_count: 'replaced',
  direct_pair: 'once',
  deleted_at: 'replaced',
  folded_name: 'replaced',
  last_commit: 'greater',
  purged: 'once',
  active_slot: 'replaced',
}

const messagesRoles: Roles<MessageRow> = {
  id: 'key',
  conversation_id: 'once',
  sequence: 'once',
  changed_sequence: 'replaced',
  author_id: 'replaced',
  content: 'replaced',
  metadata: 'replaced',
  created_at: 'replaced',
  updated_at: 'replaced',
  deleted_at: 'replaced',
  version: 'replaced',
  client_message_id: 'replaced',
  sent_fingerprint: 'replaced',
  reply_to_id: 'replaced',
}

/** One for each table. What an index holds and never changes is written `once`: replacing it would cost the index anew. */
export const upsertStatements = (compiler: StatementCompiler) => ({
  users: upsertStatement<UserRow>(compiler, 'users', {
    id: 'key',
    kind: 'replaced',
    display_name: 'replaced',
    avatar_url: 'replaced',
    metadata: 'replaced',
    created_at: 'once',
    profile_as_of: 'replaced',
    named_by: 'replaced',
    folded_id: 'once',
    folded_name: 'replaced',
  }),
  conversations: upsertStatement(compiler, 'conversations', conversationsRoles),
  memberships: upsertStatement<MembershipRow>(compiler, 'memberships', {
    id: 'key',
    conversation_id: 'once',
    user_id: 'once',
    role: 'replaced',
    joined_at: 'replaced',
    first_joined_sequence: 'once',
    joined_sequence: 'replaced',
    left_sequence: 'replaced',
    silenced_until: 'replaced',
    last_posted_at: 'replaced',
    leave_reason: 'replaced',
  }),
  messages: upsertStatement(compiler, 'messages', messagesRoles),
  revisions: upsertStatement<RevisionRow>(compiler, 'message_revisions', {
    message_id: 'key',
    version: 'key',
    conversation_id: 'once',
    content: 'replaced',
    editor_id: 'replaced',
    created_at: 'replaced',
    redacted_at: 'replaced',
  }),
  idempotencyKeys: upsertStatement<IdempotencyKeyRow>(compiler, 'idempotency_keys', {
    user_id: 'key',
    key: 'key',
    conversation_id: 'replaced',
  }),
  reactions: upsertStatement<ReactionRow>(compiler, 'reactions', {
    message_id: 'key',
    user_id: 'key',
    emoji: 'key',
    conversation_id: 'once',
    created_at: 'replaced',
    sequence: 'replaced',
  }),
  events: upsertStatement<EventRow>(compiler, 'events', {
    conversation_id: 'once',
    sequence: 'once',
    type: 'once',
    occurred_at: 'once',
    actor_id: 'once',
    message_id: 'once',
    membership_id: 'once',
    user_id: 'once',
    emoji: 'once',
    reacted_at: 'once',
    reason: 'once',
    commit_id: 'once',
  }),
})

export const otherWriteStatements = (compiler: StatementCompiler) => ({
  insertMessages: insertStatement(compiler, 'messages', messagesRoles),
  updateConversations: updateStatement(compiler, 'conversations', conversationsRoles),
  /** Of those whose place among the active ones stays: the index on it is not touched. */
  updateConversationsInPlace: updateStatement(
    compiler,
    'conversations',
    { ...conversationsRoles, active_slot: 'once' },
    'update conversations in their place',
  ),
  endMemberships: compiler.rowsStatement<Pick<EventRow, 'conversation_id' | 'sequence'>>('end memberships')(
    'events',
    ['conversation_id', 'sequence'],
    given => sql`
      with ended(conversation_id, sequence) as (${given})
      update memberships set left_sequence = ended.sequence from ended
      where memberships.conversation_id = ended.conversation_id and left_sequence is null`,
  ),
})
