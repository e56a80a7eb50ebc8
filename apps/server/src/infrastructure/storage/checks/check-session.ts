import type { RowCodec } from '../../tables/definition/row.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import type { Statement } from '../statements/statement.ts'
import type { RuleDialect } from './rule.ts'

/** Reads in one snapshot of the stored data. */
export interface CheckSession {
  readonly dialect: SqlDialect
  readonly ruleDialect: RuleDialect
  /** The rows of a query, a bounded number at a time: the result may be too large for memory. */
  pages<Row>(row: RowCodec<Row>, sql: string): AsyncIterable<readonly Row[]>
  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]>
}
