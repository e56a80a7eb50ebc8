import { auditEntries } from './audit-entries.ts'
import { conversations } from './conversations.ts'
import { events } from './events.ts'
import { idempotencyKeys } from './idempotency-keys.ts'
import { memberships } from './memberships.ts'
import { mentions } from './mentions.ts'
import { messageRevisions } from './message-revisions.ts'
import { messages } from './messages.ts'
import { presences } from './presences.ts'
import { reactionCounts, reactions } from './reactions.ts'
import type { StoredRow } from './table.ts'
import { threadStates } from './thread-states.ts'
import { threads } from './threads.ts'
import { users } from './users.ts'
import { viewerStates } from './viewer-states.ts'

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
