import { conversations } from './conversations/conversations.ts'
import { events } from './conversations/events.ts'
import { idempotencyKeys } from './conversations/idempotency-keys.ts'
import { memberships } from './conversations/memberships.ts'
import { viewerStates } from './conversations/viewer-states.ts'
import type { StoredRow } from './definition/table.ts'
import { mentions } from './messages/mentions.ts'
import { messageRevisions } from './messages/message-revisions.ts'
import { messages } from './messages/messages.ts'
import { reactionCounts, reactions } from './messages/reactions.ts'
import { threadStates } from './messages/thread-states.ts'
import { threads } from './messages/threads.ts'
import { auditEntries } from './moderation/audit-entries.ts'
import { presences } from './users/presences.ts'
import { users } from './users/users.ts'

/** Every table of domain data, by its name in the database. */
export const tables = {
  users,
  presences,
  conversations,
  memberships,
  messages,
  message_revisions: messageRevisions,
  reactions,
  reaction_counts: reactionCounts,
  idempotency_keys: idempotencyKeys,
  events,
  threads,
  thread_states: threadStates,
  mentions,
  viewer_states: viewerStates,
  audit_entries: auditEntries,
} as const

export type TableName = keyof typeof tables

/** One row: facts of the database as a whole. */
interface MetaRow {
  readonly id: number
  readonly epoch: string
  readonly schema_version: number
  /** The number of the newest commit. */
  readonly last_commit: number
}

/** The columns of each table as they are stored, for building statements. */
export type Tables = { readonly [Name in TableName]: StoredRow<(typeof tables)[Name]> } & { readonly meta: MetaRow }
