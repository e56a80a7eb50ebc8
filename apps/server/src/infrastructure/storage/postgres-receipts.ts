import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { postgresDialect } from './postgres-dialect.ts'
import type { PostgresPool } from './postgres-pool.ts'
import type { SqlEngine } from './sql-engine.ts'
import { StatementCompiler } from './statement.ts'

/**
 * What a writer's newest transaction leaves with its commit: by it a commit without an answer is looked up. Numbers of
 * transactions would not do, because after a crash PostgreSQL gives those anew that it had not written down.
 */
export interface Receipt {
  /** Whoever has it writes alone under it. */
  readonly writer: string
  /** Grows with each of its transactions. */
  readonly number: number
}

const compiler = new StatementCompiler(postgresDialect)

export const leaveReceipt = compiler.statement<Receipt & { at: number }>('leave a receipt')(
  (_, param) => sql`
    insert into receipts (writer, number, left_at) values (${param('writer')}, ${param('number')}, ${param('at')})
    on conflict (writer) do update set number = excluded.number, left_at = excluded.left_at`,
)

/** It waits for a transaction that is still at it. */
const read = compiler.statement<{ writer: string }>('newest receipt')(
  (_, param) => sql<{ number: number }>`select number from receipts where writer = ${param('writer')} for update`,
)

const forget = compiler.statement<{ before: number }>('forget receipts')(
  (_, param) => sql`delete from receipts where left_at < ${param('before')}`,
)

const keptMs = 24 * 60 * 60 * 1000

/** Removes those of processes that have long ended, or have written nothing for as long. */
export const forgetReceipts = async (engine: SqlEngine): Promise<void> => {
  await using transaction = await engine.begin()
  await transaction.run(forget, { before: Date.now() - keptMs })
  await transaction.commit()
}

const retryMs = 200

const newestOf = async (pool: PostgresPool, writer: string): Promise<number> => {
  const connection = await pool.connect()
  try {
    return (await connection.rows(read, { writer }))[0]?.number ?? 0
  } finally {
    connection.release()
  }
}

/** Whether the transaction was committed. Rejects where the database does not say in time. */
export const wasLeft = async (pool: PostgresPool, { writer, number }: Receipt, withinMs: number): Promise<boolean> => {
  const deadline = performance.now() + withinMs
  for (;;) {
    const last = performance.now() > deadline
    try {
      return (await newestOf(pool, writer)) >= number
    } catch (error) {
      if (last) throw error
    }
    await delay(retryMs)
  }
}
