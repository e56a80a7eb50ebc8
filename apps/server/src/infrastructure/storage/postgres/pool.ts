import { unavailable } from '@cpc-messenger/messenger'
import { Pool, type PoolClient } from 'pg'
import { type ConnectionEvents, PostgresConnection } from './connection.ts'
import { translated } from './failure.ts'
import type { StaleConnections } from './stale-connections.ts'

interface PostgresPoolOptions {
  readonly url: string
  readonly connections: number
  /** How long a statement may go without a response; undefined: no timeout, and none for locks. */
  readonly responseTimeoutMs: number | undefined
  /** Shared by all pools of the same database. */
  readonly staleConnections: StaleConnections
  /** Shown among the database's sessions. */
  readonly name: string
}

/** How long to wait for a free or new connection. */
const connectMs = 5000
/** Limits of the database for a statement, for a lock, and for a transaction that does nothing: it is rolled back. */
const serverTimeouts = {
  statement_timeout: 15_000,
  lock_timeout: 3000,
  idle_in_transaction_session_timeout: 10_000,
}
/** Overrides the settings of the database and the role. */
const noTimeouts = '-c statement_timeout=0 -c lock_timeout=0'

/**
 * Every statement of the store finds its rows by an index, with any values, so that one generic plan is right for all of
 * them. Without these settings the planner would scan a table that its statistics still show as small.
 */
const planning = ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'jit']
  .map(setting => `-c ${setting}=off`)
  .concat('-c plan_cache_mode=force_generic_plan')
  .join(' ')

/** The types that are parsed as numbers: bigint (the store holds none above 2^53), smallint, integer, double precision. */
const booleanType = 16
const numbers: ReadonlySet<number> = new Set([20, 21, 23, 701])
export const types = {
  getTypeParser: (type: number) => {
    if (numbers.has(type)) return Number
    return type === booleanType ? (text: string) => text === 't' : (text: string) => text
  },
}

/** A pool of connections to one database. A connection that broke is replaced. */
export class PostgresPool implements AsyncDisposable {
  readonly #pool: Pool
  readonly #staleConnections: StaleConnections
  readonly #responseTimeoutMs: number | undefined
  readonly #lastResponseAt = new WeakMap<PoolClient, number>()
  #closed = false

  constructor({ url, connections, responseTimeoutMs, staleConnections, name }: PostgresPoolOptions) {
    this.#staleConnections = staleConnections
    this.#responseTimeoutMs = responseTimeoutMs
    this.#pool = new Pool({
      connectionString: url,
      max: connections,
      application_name: name,
      connectionTimeoutMillis: connectMs,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5000,
      ...(responseTimeoutMs === undefined ? {} : { ...serverTimeouts, query_timeout: responseTimeoutMs }),
      types,
      options: responseTimeoutMs === undefined ? `${planning} ${noTimeouts}` : planning,
      ...{ pipeline: true },
    })
    // The pool drops a connection that breaks while it is idle.
    this.#pool.on('error', () => undefined)
  }

  async connect(): Promise<PostgresConnection> {
    if (this.#closed) throw unavailable('The database is closed.')
    try {
      for (;;) {
        const client = await this.#pool.connect()
        if (!this.#staleConnections.isSuspect(this.#lastResponseAt.get(client) ?? Number.POSITIVE_INFINITY))
          return new PostgresConnection(client, this.#events)
        client.release(true)
      }
    } catch (error) {
      throw translated(error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#pool.end()
  }

  readonly #events: ConnectionEvents = {
    responded: client => this.#lastResponseAt.set(client, performance.now()),
    timedOut: () => this.#staleConnections.timedOut(performance.now() - (this.#responseTimeoutMs ?? 0)),
  }
}
