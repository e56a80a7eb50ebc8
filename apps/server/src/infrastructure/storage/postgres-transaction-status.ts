import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { commitBase, postgresDialect } from './postgres-dialect.ts'
import type { PostgresPool } from './postgres-pool.ts'
import { StatementCompiler } from './statement.ts'

const compiler = new StatementCompiler(postgresDialect)

/** The number of the transaction, and that of its commit. */
export const transactionNumbers = compiler.statement('numbers of the transaction')(
  () => sql<{ id: string; commit: number | null }>`
    select id, cast(id as bigint) + ${commitBase} as "commit" from (select pg_current_xact_id()::text as id) as current`,
)

const status = compiler.statement<{ id: string }>('what became of a transaction')(
  (_, param) => sql<{ status: string | null }>`select pg_xact_status(cast(${param('id')} as xid8)) as status`,
)

const retryMs = 200

const statusOf = async (pool: PostgresPool, id: string): Promise<string | null> => {
  const connection = await pool.connect()
  try {
    return (await connection.rows(status, { id }))[0]?.status ?? null
  } finally {
    connection.release()
  }
}

/** Looks up what became of a transaction whose commit had no answer. Rejects where the database does not say in time. */
export const wasCommitted = async (pool: PostgresPool, id: string, withinMs: number): Promise<boolean> => {
  const deadline = performance.now() + withinMs
  for (;;) {
    const last = performance.now() > deadline
    try {
      const found = await statusOf(pool, id)
      if (found !== 'in progress') return found === 'committed'
      if (last) throw new Error(`transaction ${id} is still in progress`)
    } catch (error) {
      if (last) throw error
    }
    await delay(retryMs)
  }
}
