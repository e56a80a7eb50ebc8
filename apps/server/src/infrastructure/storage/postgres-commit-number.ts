import { sql } from 'kysely'
import { commitBase, postgresDialect } from './postgres-dialect.ts'
import { StatementCompiler } from './statement.ts'

/** The number of the transaction's commit, which it has before it commits. */
export const commitNumber = new StatementCompiler(postgresDialect).statement('number of the commit')(
  () => sql<{ commit: number | null }>`
    select cast(pg_current_xact_id()::text as bigint) + ${commitBase} as "commit"`,
)
