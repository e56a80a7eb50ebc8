import { unavailable } from '@cpc-messenger/messenger'
import { Pool } from 'pg'
import { PostgresConnection } from './postgres-connection.ts'
import { translated } from './postgres-failure.ts'

export interface PostgresPoolOptions {
  readonly url: string
  readonly connections: number
  /** How long a statement may have no answer. */
  readonly silenceMs: number
  /** Shown among the database's sessions. */
  readonly name: string
}

/** How long a connection may take to come free or to be made. */
const connectMs = 5000
/** What the database may take for a statement, and a lock. A transaction that stands still is undone. */
const statementMs = 15_000
const lockMs = 3000
const idleInTransactionMs = 10_000

/**
 * Every statement of the store is written to find its rows by an index, whatever its values: one plan serves all of them.
 * Left to itself the planner would walk a table that its statistics still hold for small.
 */
const planning = ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'jit']
  .map(setting => `-c ${setting}=off`)
  .concat('-c plan_cache_mode=force_generic_plan')
  .join(' ')

/** The types that come as numbers: bigint (the store holds none above 2^53), smallint, integer, double precision. */
const booleanType = 16
const numbers: ReadonlySet<number> = new Set([20, 21, 23, 701])
export const types = {
  getTypeParser: (type: number) => {
    if (numbers.has(type)) return Number
    return type === booleanType ? (text: string) => text === 't' : (text: string) => text
  },
}

/** Connections to one database, made as they are needed and anew after they broke. */
export class PostgresPool implements AsyncDisposable {
  readonly #pool: Pool
  #closed = false

  constructor({ url, connections, silenceMs, name }: PostgresPoolOptions) {
    this.#pool = new Pool({
      connectionString: url,
      max: connections,
      application_name: name,
      connectionTimeoutMillis: connectMs,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5000,
      statement_timeout: statementMs,
      lock_timeout: lockMs,
      idle_in_transaction_session_timeout: idleInTransactionMs,
      query_timeout: silenceMs,
      types,
      options: planning,
      ...{ pipeline: true },
    })
    // A connection that breaks while nobody uses it is simply not used again.
    this.#pool.on('error', () => undefined)
  }

  async connect(): Promise<PostgresConnection> {
    if (this.#closed) throw unavailable('The database is closed.')
    try {
      return new PostgresConnection(await this.#pool.connect())
    } catch (error) {
      throw translated(error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#pool.end()
  }
}
