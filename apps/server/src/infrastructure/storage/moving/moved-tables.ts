import type { Tables } from '../tables/tables.ts'

export type MovedTable = Exclude<keyof Tables, 'meta'>

/** What finds a row of each table, in the order of its primary key. */
export const keysOf: { readonly [Table in MovedTable]: readonly (keyof Tables[Table] & string)[] } = {
  users: ['id'],
  conversations: ['id'],
  memberships: ['id'],
  messages: ['id'],
  message_revisions: ['message_id', 'version'],
  reactions: ['message_id', 'user_id', 'emoji'],
  reaction_counts: ['message_id', 'emoji'],
  idempotency_keys: ['user_id', 'key'],
  events: ['conversation_id', 'sequence'],
}

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
export type MovedRow = Readonly<Record<string, string | number | null>>

/** What finds rows: columns of one table and their values. */
export type MovedKey = MovedRow

export const keyOf = (table: MovedTable, row: MovedRow): MovedKey =>
  Object.fromEntries(keysOf[table].map(column => [column, row[column] ?? null]))
