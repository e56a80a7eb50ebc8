import { type UserId, unavailable } from '@cpc-messenger/messenger'
import type { ReadSession, SnapshotSession, SqlEngine, WriteTransaction } from '../statements/engine.ts'
import { postgresDialect } from './dialect.ts'
import { PostgresPool } from './pool.ts'
import { PostgresReaders } from './readers.ts'
import { wasCommitted } from './receipts.ts'
import { StaleConnections } from './stale-connections.ts'
import { PostgresTransaction } from './transaction.ts'
import { PostgresWriters } from './writers.ts'

export interface PostgresEngineOptions {
  readonly url: string
  /** Called for each read statement. */
  readonly onRead?: () => void
  /** Called with the number of statements of each transaction. */
  readonly onWrite?: (statements: number) => void
  /** The numbers of connections for writing and for reading. */
  readonly writers?: number
  readonly readers?: number
  /** How long a statement may go without a response before its connection is closed. */
  readonly responseTimeoutMs?: number
  /** For migrations: statements may take any time. */
  readonly withoutTimeouts?: boolean
}

const defaultResponseTimeoutMs = 20_000
/** How long to look up the outcome of a commit without a response. */
const lookUpMs = 5000

/** A PostgreSQL database, version 14 or later, that other nodes write to as well. */
export class PostgresEngine implements SqlEngine {
  readonly dialect = postgresDialect
  readonly writers: number
  readonly #writing: PostgresPool
  readonly #reading: PostgresPool
  /** One connection that reads never use. */
  readonly #pings: PostgresPool
  readonly #readers: PostgresReaders
  readonly #names = new PostgresWriters()
  readonly #onWrite: (statements: number) => void
  #closed = false
  #open = 0
  #ended: PromiseWithResolvers<void> | undefined
  #pinging: Promise<void> | undefined

  constructor({
    url,
    onRead,
    onWrite,
    writers = 8,
    readers = 8,
    responseTimeoutMs,
    withoutTimeouts,
  }: PostgresEngineOptions) {
    this.writers = writers
    const shared = {
      url,
      responseTimeoutMs: withoutTimeouts ? undefined : (responseTimeoutMs ?? defaultResponseTimeoutMs),
      staleConnections: new StaleConnections(),
    }
    this.#writing = new PostgresPool({ ...shared, connections: writers, name: 'messenger, writing' })
    this.#reading = new PostgresPool({ ...shared, connections: readers, name: 'messenger, reading' })
    this.#pings = new PostgresPool({ ...shared, connections: 1, name: 'messenger, readiness' })
    this.#readers = new PostgresReaders(this.#reading, onRead ?? (() => undefined))
    this.#onWrite = onWrite ?? (() => undefined)
  }

  /** Concurrent calls share one ping. */
  ping(): Promise<void> {
    this.#pinging ??= this.#ping().finally(() => {
      this.#pinging = undefined
    })
    return this.#pinging
  }

  get latest(): ReadSession {
    return this.#readers
  }

  async snapshot(readerId?: UserId): Promise<SnapshotSession> {
    if (this.#closed) throw unavailable('The database is closed.')
    return this.#readers.snapshot(readerId)
  }

  async begin(): Promise<WriteTransaction> {
    if (this.#closed) throw unavailable('The database is closed.')
    this.#open += 1
    try {
      const connection = await this.#writing.connect()
      const receipt = this.#names.take()
      return new PostgresTransaction({
        connection,
        receipt,
        wasCommitted: () => wasCommitted(this.#reading, receipt, lookUpMs),
        ran: this.#onWrite,
        ended: clean => {
          if (clean) this.#names.giveBack(receipt)
          this.#transactionEnded()
        },
      })
    } catch (error) {
      this.#transactionEnded()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#open > 0) {
      this.#ended = Promise.withResolvers<void>()
      await this.#ended.promise
    }
    const pools = [this.#writing, this.#reading, this.#pings]
    await Promise.all(pools.map(pool => pool[Symbol.asyncDispose]()))
  }

  async #ping(): Promise<void> {
    const connection = await this.#pings.connect()
    try {
      await connection.execute('select 1 from meta')
    } finally {
      connection.release()
    }
  }

  #transactionEnded(): void {
    this.#open -= 1
    if (this.#open === 0) this.#ended?.resolve()
  }
}
