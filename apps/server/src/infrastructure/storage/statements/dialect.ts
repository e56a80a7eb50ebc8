import type { Kysely, RawBuilder, SqlBool } from 'kysely'
import type { TableName, Tables } from '../../tables/tables.ts'

/** How many rows go into a statement at once, and how they get there. */
export type GivenRows =
  /** One at a time, a value for each column. */
  | { readonly each: 'one'; query(columns: readonly RawBuilder<unknown>[]): RawBuilder<unknown> }
  /** All as one JSON array of objects. */
  | {
      readonly each: 'all'
      query(table: TableName, columns: readonly string[], json: RawBuilder<unknown>): RawBuilder<unknown>
    }

/**
 * Locks that a transaction holds until its end. Each statement takes a JSON array of texts and never waits, unless `wait`: then
 * for a moment, as `patience` has it, and fails where they are still held.
 */
export interface RowLocks {
  /** Says for how long this transaction waits for locks. */
  readonly patience: RawBuilder<unknown>
  /** Whether somebody else went on holding something for longer than that. */
  isHeld(error: unknown): boolean
  /** Locks conversations in the order of their ids; answers those that it got, as they stand. */
  conversations(ids: RawBuilder<string>, wait: boolean): RawBuilder<unknown>
  /** Locks names of what may not exist yet, in their order; answers those that it got, in the column `name`. */
  names(names: RawBuilder<string>, wait: boolean): RawBuilder<unknown>
}

/** Where the engines' SQL differs. A set of values goes into a statement as one JSON text, so no text depends on its size. */
export interface SqlDialect {
  /** Makes SQL text; runs nothing. */
  readonly queries: Kysely<Tables>
  /** Types of columns: text in the order of its bytes; whole numbers up to 2^31 - 1, and up to 2^53. */
  readonly text: string
  readonly integer: string
  readonly bigint: string
  /** What follows a table's columns; `clustered` where rows are short and read in the order of their key. */
  readonly table: string
  readonly clustered: string
  /** What follows the columns of a table whose rows change all the time. */
  readonly changing: string
  /** How many rows one statement for reading looks up at most: where it runs on the event loop, nothing else does meanwhile. */
  readonly rowsAtOnce: number
  /** Whether the column holds one of the texts of a JSON array. */
  among(column: string, json: RawBuilder<string>): RawBuilder<SqlBool>
  /** The arrays of two or three texts in a JSON array, for `(…) in`. */
  tupleSet(json: RawBuilder<string>, width: 2 | 3): RawBuilder<unknown>
  /** The texts of a JSON array as a table with the column `id`. */
  idTable<Id extends string>(json: RawBuilder<string>): RawBuilder<{ id: Id }>
  /** The pairs of texts in a JSON array as a table with the columns `first` and `second`. */
  pairTable(json: RawBuilder<string>): RawBuilder<{ first: string; second: string }>
  /** The table, to be read by this index where an engine can be told and would choose another. */
  byIndex(table: TableName, index: string, alias: string): RawBuilder<unknown>
  /** Texts that a query answers in its column `value`, as one JSON array. */
  jsonArrayOf(query: RawBuilder<unknown>): RawBuilder<string>
  /** The number up to which all commits are in this snapshot, for certain. */
  newestCommit(): RawBuilder<{ commit: number }>
  /** Whether a snapshot may show commits with greater numbers, because some below them have not ended. */
  readonly showsLaterCommits: boolean
  /** Rows that a statement is given, as a query that answers these columns of the table. */
  readonly givenRows: GivenRows
  /** Sees to it that new commits have greater numbers than all that are stored, whatever database those came from. */
  readonly raiseCommits?: RawBuilder<unknown>
  /** How writers keep out of each other's way; undefined where there is only one. */
  readonly locks?: RowLocks
  /** What a migration runs first, so that one runs at a time; undefined where there is only one writer. */
  readonly migrationLock?: RawBuilder<unknown>
}
