import type { Kysely, RawBuilder } from 'kysely'
import type { Tables } from './tables.ts'

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
  /** The texts of a JSON array, for `in`. */
  textSet<Text extends string>(json: RawBuilder<string>): RawBuilder<Text>
  /** The arrays of two or three texts in a JSON array, for `(…) in`. */
  tupleSet(json: RawBuilder<string>, width: 2 | 3): RawBuilder<unknown>
  /** The texts of a JSON array as a table with the column `id`. */
  idTable<Id extends string>(json: RawBuilder<string>): RawBuilder<{ id: Id }>
  /** The pairs of texts in a JSON array as a table with the columns `first` and `second`. */
  pairTable(json: RawBuilder<string>): RawBuilder<{ first: string; second: string }>
  /** The table, to be read by this index where an engine can be told and would choose another. */
  byIndex(table: keyof Tables, index: string, alias: string): RawBuilder<unknown>
  /** Texts that a query answers in its column `value`, as one JSON array. */
  jsonArrayOf(query: RawBuilder<unknown>): RawBuilder<string>
  /** Takes the number of a new commit: greater than every one that any reader has seen. */
  nextCommit(): RawBuilder<{ commit: number }>
  /** The number of the newest commit in this snapshot. */
  newestCommit(): RawBuilder<{ commit: number }>
}
