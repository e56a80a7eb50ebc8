import type { RowCodec } from '../../tables/row.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import type { Statement } from '../statements/statement.ts'
import type { RuleDialect } from './rule.ts'

/** Reads of one moment of the stored data. */
export interface CheckSession {
  readonly dialect: SqlDialect
  readonly ruleDialect: RuleDialect
  /** What a query answers, a bounded number of rows at a time, for what is too much to hold. */
  pages<Row>(row: RowCodec<Row>, sql: string): AsyncIterable<readonly Row[]>
  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]>
}
