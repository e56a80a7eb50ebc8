import { type UserId, unavailable } from '@cpc-messenger/messenger'
import { Semaphore } from '../../../services/concurrency/semaphore.ts'
import { type CpuAccount, noUser } from '../../scheduling/cpu-account.ts'
import { fairScheduler } from '../../scheduling/fair-scheduler.ts'
import { row } from '../../tables/definition/row.ts'
import type { ReadSession, SnapshotSession } from '../statements/engine.ts'
import type { Statement } from '../statements/statement.ts'
import type { SqliteConnection } from './connection.ts'

interface ReadersOptions {
  open(): SqliteConnection
  onRead(): void
  readonly limit: number
  readonly waitMs: number
}

interface Waiting {
  readonly resolve: () => void
  readonly timer: NodeJS.Timeout
}

/** The maximum number of connections for reads of several statements in one snapshot, in addition to operations. */
const groupLimit = 4

/**
 * The connections for reading: one for single reads, and a pool for snapshots. All of them read on the event loop, a few
 * milliseconds in each turn.
 */
export class SqliteReaders implements Disposable {
  readonly latest: ReadSession
  readonly #options: ReadersOptions
  readonly #single: SqliteConnection
  readonly #groups = new Semaphore(groupLimit)
  readonly #idle: SqliteConnection[] = []
  readonly #waiting: Waiting[] = []
  #openSnapshots = 0
  #closed = false

  constructor(options: ReadersOptions) {
    this.#options = options
    this.#single = options.open()
    const connection = (): SqliteConnection => this.#single
    this.latest = {
      rows: (statement, params) => this.#read(connection, statement, params, noUser),
      together: work =>
        this.#groups.run(async () => {
          await using snapshot = this.#begin(noUser, connection => this.#keep(connection))
          return await work(snapshot)
        }),
    }
  }

  async snapshot(readerId?: UserId): Promise<SnapshotSession> {
    if (this.#closed) throw unavailable('The database is closed.')
    if (this.#openSnapshots < this.#options.limit) this.#openSnapshots += 1
    else await this.#turn()
    return this.#begin(fairScheduler.of(readerId), connection => this.#giveBack(connection))
  }

  ping(): void {
    this.#single.query(row({}), 'select 1 from meta')
  }

  [Symbol.dispose](): void {
    this.#closed = true
    for (const connection of [this.#single, ...this.#idle.splice(0)]) connection[Symbol.dispose]()
  }

  /** Waits until another snapshot has ended. The number of open snapshots stays the same. */
  #turn(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const { waitMs } = this.#options
    const waiting: Waiting = {
      resolve,
      timer: setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(unavailable(`No connection for reading became free within ${waitMs / 1000} s. Retry in a moment.`))
      }, waitMs),
    }
    this.#waiting.push(waiting)
    return promise
  }

  #begin(account: CpuAccount, giveBack: (connection: SqliteConnection | undefined) => void): SqliteSnapshot {
    return new SqliteSnapshot(
      account,
      (...read) => this.#read(...read),
      () => this.#take(),
      giveBack,
    )
  }

  #take(): SqliteConnection {
    if (this.#closed) throw unavailable('The database is closed.')
    return this.#idle.pop() ?? this.#options.open()
  }

  #keep(connection: SqliteConnection | undefined): void {
    if (connection === undefined) return
    if (this.#closed) connection[Symbol.dispose]()
    else this.#idle.push(connection)
  }

  #giveBack(connection: SqliteConnection | undefined): void {
    this.#keep(connection)
    const next = this.#waiting.shift()
    if (next === undefined) {
      this.#openSnapshots -= 1
      return
    }
    clearTimeout(next.timer)
    next.resolve()
  }

  /** Calls `connection` when it is the turn of this read. */
  async #read<Params, Row>(
    connection: () => SqliteConnection,
    statement: Statement<Params, Row>,
    params: Params,
    account: CpuAccount,
  ): Promise<readonly Row[]> {
    if (!fairScheduler.admitsPiece(account)) await fairScheduler.turn(account)
    try {
      const rows = connection().rows(statement, params)
      this.#options.onRead()
      return rows
    } finally {
      fairScheduler.ran(account)
    }
  }
}

type Read = <Params, Row>(
  connection: () => SqliteConnection,
  statement: Statement<Params, Row>,
  params: Params,
  account: CpuAccount,
) => Promise<readonly Row[]>

/** The first read takes a connection and begins the snapshot. */
class SqliteSnapshot implements SnapshotSession {
  readonly #read: Read
  readonly #take: () => SqliteConnection
  readonly #giveBack: (connection: SqliteConnection | undefined) => void
  readonly #account: CpuAccount
  #connection: SqliteConnection | undefined
  #open = true

  constructor(
    account: CpuAccount,
    read: Read,
    take: () => SqliteConnection,
    giveBack: (connection: SqliteConnection | undefined) => void,
  ) {
    this.#account = account
    this.#read = read
    this.#take = take
    this.#giveBack = giveBack
  }

  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    return this.#read(() => this.#ready(), statement, params, this.#account)
  }

  together<Result>(work: (session: ReadSession) => Promise<Result>): Promise<Result> {
    return work(this)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return
    this.#open = false
    this.#giveBack(this.#ended(this.#connection))
  }

  #requireOpen(): void {
    if (!this.#open) throw new TypeError('the snapshot has been disposed of')
  }

  #ready(): SqliteConnection {
    this.#requireOpen()
    this.#connection ??= this.#begun()
    return this.#connection
  }

  #begun(): SqliteConnection {
    const connection = this.#take()
    try {
      connection.execute('begin')
      return connection
    } catch (error) {
      connection[Symbol.dispose]()
      throw error
    }
  }

  /** The connection if it can be used again. */
  #ended(connection: SqliteConnection | undefined): SqliteConnection | undefined {
    try {
      if (connection?.inTransaction) connection.execute('rollback')
      return connection
    } catch {
      connection?.[Symbol.dispose]()
      return undefined
    }
  }
}
