import type { Kysely, RawBuilder, SqlBool } from 'kysely'
import type { TableName, Tables } from '../../tables/tables.ts'

/** How rows are passed to a statement. */
export type GivenRows =
  /** One row for each execution, with a value for each column. */
  | { readonly each: 'one'; query(columns: readonly RawBuilder<unknown>[]): RawBuilder<unknown> }
  /** All rows as one JSON array of objects. */
  | {
      readonly each: 'all'
      query(table: TableName, columns: readonly string[], json: RawBuilder<unknown>): RawBuilder<unknown>
    }

/**
 * Locks that a transaction holds until its end. Each statement takes a JSON array of texts. It waits only with `wait`: up to
 * `lockTimeout`, after which it fails.
 */
interface RowLocks {
  /** Sets how long this transaction waits for locks. */
  readonly lockTimeout: RawBuilder<unknown>
  /** Whether a statement failed because a lock was not released in time. */
  isHeld(error: unknown): boolean
  /** Locks conversations in the order of their ids; returns those that it locked, with their current columns. */
  conversations(ids: RawBuilder<string>, wait: boolean): RawBuilder<unknown>
  /** Locks names of things that may not exist yet, in order; returns those that it locked, in the column `name`. */
  names(names: RawBuilder<string>, wait: boolean): RawBuilder<unknown>
}

/** The SQL that differs between the engines. A set of values is passed as one JSON text, so that no statement depends on its size. */
export interface SqlDialect {
  /** Builds SQL text. It runs nothing. */
  readonly queries: Kysely<Tables>
  /** Types of columns: text in byte order; integers up to 2^31 - 1, and up to 2^53. */
  readonly text: string
  readonly integer: string
  readonly bigint: string
  /** The SQL after the columns of a table; `clustered` is for short rows that are read in the order of their key. */
  readonly table: string
  readonly clustered: string
  /** The SQL after the columns of a table whose rows change often; `changingClustered` is for one that is clustered too. */
  readonly changing: string
  readonly changingClustered: string
  /** The most rows that one read looks up: an engine in this process blocks the event loop meanwhile. */
  readonly rowsAtOnce: number
  /** Whether the column holds one of the texts of a JSON array. */
  among(column: string, json: RawBuilder<string>): RawBuilder<SqlBool>
  /** The arrays of two or three texts in a JSON array, for `(…) in`. */
  tupleSet(json: RawBuilder<string>, width: 2 | 3): RawBuilder<unknown>
  /** The texts of a JSON array as a table with the column `id`. */
  idTable<Id extends string>(json: RawBuilder<string>): RawBuilder<{ id: Id }>
  /** The pairs of texts in a JSON array as a table with the columns `first` and `second`. */
  pairTable(json: RawBuilder<string>): RawBuilder<{ first: string; second: string }>
  /** The triples of texts in a JSON array as a table with the columns `first`, `second` and `third`. */
  tripleTable(json: RawBuilder<string>): RawBuilder<{ first: string; second: string; third: string }>
  /** The table, with a hint to use this index if the engine supports hints and would choose another one. */
  byIndex(table: TableName, index: string, alias: string): RawBuilder<unknown>
  /** The ids of users whom a stored text content mentions, as a table with the column `value`. */
  mentionsIn(column: string): string
  /** The column `value` of a query, which holds texts, as one JSON array. */
  jsonArrayOf(query: RawBuilder<unknown>): RawBuilder<string>
  /** The number up to which this snapshot certainly shows all commits. */
  newestCommit(): RawBuilder<{ commit: number }>
  /** Whether a snapshot may show later commits too, because transactions with smaller numbers were still open. */
  readonly showsLaterCommits: boolean
  /** The rows that a statement is given, as a query for these columns of the table. */
  readonly givenRows: GivenRows
  /** Makes the numbers of new commits greater than all that are stored, also those of another database. */
  readonly raiseCommits?: RawBuilder<unknown>
  /** The locks of several writers; undefined if there is only one. */
  readonly locks?: RowLocks
  /** Run at the start of each migration, so that only one runs at a time. Undefined if there is only one writer. */
  readonly migrationLock?: RawBuilder<unknown>
}
