import { setTimeout as delay } from 'node:timers/promises'
import { unavailable } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { commit, nullable, number } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import type { SqlEngine } from '../statements/engine.ts'
import { StatementCompiler } from '../statements/statement.ts'
import { commitBase, ownNumber, postgresDialect } from './dialect.ts'
import type { PostgresPool } from './pool.ts'

/**
 * A row that each transaction of a writer updates, so that the outcome of a commit without a response can be looked up.
 * Transaction ids do not suffice: after a crash PostgreSQL assigns ids again that it had not written to disk.
 */
export interface Receipt {
  /** The name of a writer; used by one transaction at a time. */
  readonly writer: string
  /** Increases with each transaction of the writer. */
  readonly number: number
}

const compiler = new StatementCompiler(postgresDialect)

/** Writes the receipt, which stays locked until the transaction ends. Returns the number of the transaction's commit. */
export const leaveReceipt = compiler.statement<Receipt & { at: number }>('leave a receipt')(
  row({ commit: nullable(commit) }),
  (_, param) => sql`
    insert into receipts (writer, number, left_at, commit_id)
    values (${param('writer')}, ${param('number')}, ${param('at')}, ${ownNumber} + ${commitBase})
    on conflict (writer) do update
      set number = excluded.number, left_at = excluded.left_at, commit_id = excluded.commit_id
    returning commit_id as "commit"`,
)

/** Waits for the writer's open transaction, even for its first one, whose receipt is not visible yet. */
const read = compiler.statement<{ writer: string }>('newest receipt')(
  row({ number }),
  (_, param) => sql`
    insert into receipts (writer, number, left_at) values (${param('writer')}, 0, 0)
    on conflict (writer) do update set number = receipts.number
    returning number`,
)

const deleteReceipts = compiler.command<{ before: number }>('delete receipts')(
  (_, param) => sql`delete from receipts where left_at < ${param('before')}`,
)

const keptMs = 24 * 60 * 60 * 1000

/**
 * Removes receipts that are older than a day, and writes one that is newer than all: a commit mark never exceeds the newest
 * receipt.
 */
export const renewReceipts = async (engine: SqlEngine): Promise<void> => {
  await using transaction = await engine.begin()
  await transaction.commitNumber()
  await transaction.run(deleteReceipts, { before: Date.now() - keptMs })
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

const lookUp = async (pool: PostgresPool, { writer, number }: Receipt, signal: AbortSignal): Promise<boolean> => {
  for (;;) {
    try {
      return (await newestOf(pool, writer)) >= number
    } catch (error) {
      if (signal.aborted) throw error
    }
    await delay(retryMs, undefined, { signal })
  }
}

/** Whether the transaction was committed. Rejects if the database does not respond in time. */
export const wasCommitted = async (pool: PostgresPool, receipt: Receipt, withinMs: number): Promise<boolean> => {
  const over = new AbortController()
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    over.abort()
    reject(unavailable('The database does not respond.'))
  }, withinMs)
  try {
    return await Promise.race([lookUp(pool, receipt, over.signal), late])
  } finally {
    clearTimeout(timer)
  }
}
