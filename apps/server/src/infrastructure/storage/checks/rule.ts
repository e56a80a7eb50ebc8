import { nullable, text } from '../../tables/codec.ts'
import { type RowOf, row } from '../../tables/row.ts'

/** What the rules say differently to each engine. */
export interface RuleDialect {
  /** Whether a column of text holds JSON; null where it holds nothing. */
  jsonValid(column: string): string
  /** The text under a key of a column that holds JSON, or null. */
  jsonText(column: string, key: string): string
  /** No commit has a greater number. */
  readonly greatestCommit: string
}

/** One invariant. Its query answers what breaks it, in streams along indexes, however large the tables. */
export interface Rule {
  readonly kind: string
  /** Answers the columns of `BrokenRow`. */
  readonly sql: string | ((dialect: RuleDialect) => string)
}

export const brokenRow = row({ conversation_id: nullable(text), subject: text, detail: text })
export type BrokenRow = RowOf<typeof brokenRow>
