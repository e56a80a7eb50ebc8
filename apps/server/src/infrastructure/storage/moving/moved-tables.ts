import type { SqlValue } from '../../tables/definition/codec.ts'
import { type TableName, tables } from '../../tables/tables.ts'

export type MovedTable = TableName

/**
 * Tables of which every change has an event, in the order in which they are copied. Conversations come first: if a conversation is
 * already erased when its row is copied, none of its other rows are copied, unless the move was interrupted.
 */
export const loggedTables = [
  'conversations',
  'memberships',
  'messages',
  'message_revisions',
  'reactions',
  'reaction_counts',
  'threads',
  'mentions',
  'events',
] as const satisfies readonly MovedTable[]

/** Tables that change without an event. Their rows are removed only with their conversation. */
export const unloggedTables = [
  'users',
  'idempotency_keys',
  'thread_states',
  'viewer_states',
  'presences',
  'audit_entries',
] as const satisfies readonly MovedTable[]

/** A new table that is in neither list does not compile. */
type Listed = (typeof loggedTables)[number] | (typeof unloggedTables)[number]

/** A row as it is stored in the source. */
export type MovedRow = Readonly<Record<string, SqlValue>>

/** Columns of one table and their values, to find rows by. */
export type MovedKey = MovedRow

export const keyOf = (table: MovedTable, row: MovedRow): MovedKey =>
  Object.fromEntries(tables[table satisfies Listed].key.map(column => [column, row[column] ?? null]))
