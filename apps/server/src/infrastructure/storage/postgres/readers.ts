import type { UserId } from '@cpc-messenger/messenger'
import type { CpuAccount } from '../../scheduling/cpu-account.ts'
import { fairScheduler } from '../../scheduling/fair-scheduler.ts'
import type { ReadSession, SnapshotSession } from '../statements/engine.ts'
import type { Statement } from '../statements/statement.ts'
import type { PostgresConnection } from './connection.ts'
import type { PostgresPool } from './pool.ts'

/** The approximate time to parse a row. */
const rowMs = 0.005

/** Reads over a pool: each by itself, or several in one snapshot. */
export class PostgresReaders implements ReadSession {
  readonly #pool: PostgresPool
  readonly #onRead: () => void

  constructor(pool: PostgresPool, onRead: () => void) {
    this.#pool = pool
    this.#onRead = onRead
  }

  async rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    const connection = await this.#pool.connect()
    try {
      this.#onRead()
      return await connection.rows(statement, params)
    } finally {
      connection.release()
    }
  }

  async together<Result>(work: (session: ReadSession) => Promise<Result>): Promise<Result> {
    await using snapshot = this.snapshot()
    return await work(snapshot)
  }

  snapshot(readerId?: UserId): SnapshotSession {
    return new PostgresSnapshot(fairScheduler.of(readerId), () => this.#pool.connect(), this.#onRead)
  }
}

/** The first read takes a connection and begins the snapshot. */
class PostgresSnapshot implements SnapshotSession {
  readonly #account: CpuAccount
  readonly #connect: () => Promise<PostgresConnection>
  readonly #onRead: () => void
  #begun: Promise<PostgresConnection> | undefined
  #open = true

  constructor(account: CpuAccount, connect: () => Promise<PostgresConnection>, onRead: () => void) {
    this.#account = account
    this.#connect = connect
    this.#onRead = onRead
  }

  async rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    this.#requireOpen()
    this.#begun ??= this.#begin()
    const connection = await this.#begun
    if (!fairScheduler.admitsPiece(this.#account)) await fairScheduler.turn(this.#account)
    // It may have been disposed of meanwhile, and the connection may be in use for something else.
    this.#requireOpen()
    this.#onRead()
    const rows = await connection.rows(statement, params)
    fairScheduler.use(this.#account, rows.length * rowMs)
    return rows
  }

  together<Result>(work: (session: ReadSession) => Promise<Result>): Promise<Result> {
    return work(this)
  }

  #requireOpen(): void {
    if (!this.#open) throw new TypeError('the snapshot has been disposed of')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return
    this.#open = false
    const connection = await this.#begun?.catch(() => undefined)
    if (connection === undefined) return
    // The caller has its rows, and does not wait for the end of the transaction.
    void connection.execute('commit').then(
      () => connection.release(),
      (error: unknown) => connection.release(error instanceof Error ? error : new Error(String(error))),
    )
  }

  async #begin(): Promise<PostgresConnection> {
    const connection = await this.#connect()
    // Sent together with the first read, which fails if this does.
    connection.execute('begin isolation level repeatable read, read only').catch(() => undefined)
    return connection
  }
}
