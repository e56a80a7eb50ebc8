import { unavailable } from '@cpc-messenger/messenger'
import { Pool, type PoolClient } from 'pg'
import { type ConnectionEvents, PostgresConnection } from './connection.ts'
import { translated } from './failure.ts'
import type { PostgresSilences } from './stale-connections.ts'

export interface PostgresPoolOptions {
  readonly url: string
  readonly connections: number
  /** How long a statement may have no answer; undefined where statements may take any time, and wait for locks as long. */
  readonly silenceMs: number | undefined
  /** What is known of connections to the same database. */
  readonly silences: PostgresSilences
  /** Shown among the database's sessions. */
  readonly name: string
}

/** How long a connection may take to come free or to be made. */
const connectMs = 5000
/** What the database may take for a statement, and a lock. A transaction that stands still is undone. */
const serverTimeouts = {
  statement_timeout: 15_000,
  lock_timeout: 3000,
  idle_in_transaction_session_timeout: 10_000,
}
/** Whatever the database or the role has. */
const noTimeouts = '-c statement_timeout=0 -c lock_timeout=0'

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
  readonly #silences: PostgresSilences
  readonly #silenceMs: number | undefined
  readonly #heardAt = new WeakMap<PoolClient, number>()
  #closed = false

  constructor({ url, connections, silenceMs, silences, name }: PostgresPoolOptions) {
    this.#silences = silences
    this.#silenceMs = silenceMs
    this.#pool = new Pool({
      connectionString: url,
      max: connections,
      application_name: name,
      connectionTimeoutMillis: connectMs,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5000,
      ...(silenceMs === undefined ? {} : { ...serverTimeouts, query_timeout: silenceMs }),
      types,
      options: silenceMs === undefined ? `${planning} ${noTimeouts}` : planning,
      ...{ pipeline: true },
    })
    // A connection that breaks while nobody uses it is simply not used again.
    this.#pool.on('error', () => undefined)
  }

  async connect(): Promise<PostgresConnection> {
    if (this.#closed) throw unavailable('The database is closed.')
    try {
      for (;;) {
        const client = await this.#pool.connect()
        if (!this.#silences.discredits(this.#heardAt.get(client) ?? Number.POSITIVE_INFINITY))
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
    heard: client => this.#heardAt.set(client, performance.now()),
    silent: () => this.#silences.noticed(performance.now() - (this.#silenceMs ?? 0)),
  }
}
