import { nullable, text } from '../../tables/definition/codec.ts'
import { type RowOf, row } from '../../tables/definition/row.ts'

/** The SQL in rules that differs between the engines. */
export interface RuleDialect {
  /** Whether a text column holds valid JSON; null for null. */
  jsonValid(column: string): string
  /** The text under a key of a column that holds JSON, or null. */
  jsonText(column: string, key: string): string
  /** The ids of users that a stored content mentions, as a table with the column `value`. */
  mentionsIn(column: string): string
  /** The greatest number that a commit can have. */
  readonly greatestCommit: string
}

/** One invariant. Its query returns the violations, by streaming along indexes however large the tables are. */
export interface Rule {
  readonly kind: string
  /** Returns the columns of `BrokenRow`. */
  readonly sql: string | ((dialect: RuleDialect) => string)
}

export const brokenRow = row({ conversation_id: nullable(text), subject: text, detail: text })
export type BrokenRow = RowOf<typeof brokenRow>
