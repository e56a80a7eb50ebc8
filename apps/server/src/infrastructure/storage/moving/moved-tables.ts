import type { SqlValue } from '../../tables/codec.ts'
import { type TableName, tables } from '../../tables/tables.ts'

export type MovedTable = TableName

/**
 * Tables whose every change has an event, in the order in which they are copied. Conversations come first: of one that is
 * erased already when its row is copied, no row comes after it, and in a move that was not stopped none came before it.
 */
export const loggedTables = [
  'conversations',
  'memberships',
  'messages',
  'message_revisions',
  'reactions',
  'reaction_counts',
  'events',
] as const satisfies readonly MovedTable[]

/** Tables that change without one. Their rows are never removed. */
export const unloggedTables = ['users', 'idempotency_keys'] as const satisfies readonly MovedTable[]

type Listed = (typeof loggedTables)[number] | (typeof unloggedTables)[number]
/** A new table has to be in one of the two. */
export const allListed: MovedTable extends Listed ? true : never = true

/** A row as it lies in the source; its columns are those of its table. */
export type MovedRow = Readonly<Record<string, SqlValue>>

/** What finds rows: columns of one table and their values. */
export type MovedKey = MovedRow

export const keyOf = (table: MovedTable, row: MovedRow): MovedKey =>
  Object.fromEntries(tables[table].key.map(column => [column, row[column] ?? null]))
