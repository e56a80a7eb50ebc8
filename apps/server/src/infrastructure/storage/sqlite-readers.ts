import { unavailable } from '@cpc-messenger/messenger'
import type { ReadSession, SnapshotSession } from './sql-engine.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { Statement } from './statement.ts'
import { Turns } from './turns.ts'

export interface ReadersOptions {
  open(): SqliteConnection
  onRead(): void
  readonly limit: number
  readonly waitMs: number
}

interface Waiting {
  readonly resolve: () => void
  readonly timer: NodeJS.Timeout
}

/** The connections that only read: two for single answers, and a pool for snapshots. */
export class SqliteReaders implements Disposable {
  readonly latest: ReadSession
  readonly #options: ReadersOptions
  readonly #single: SqliteConnection
  readonly #grouped: SqliteConnection
  readonly #groups = new Turns()
  readonly #idle: SqliteConnection[] = []
  readonly #waiting: Waiting[] = []
  #standing = 0
  #closed = false

  constructor(options: ReadersOptions) {
    this.#options = options
    this.#single = options.open()
    this.#grouped = options.open()
    this.latest = {
      rows: async (statement, params) => this.#read(this.#single, statement, params),
      together: work => this.#readTogether(work),
    }
  }

  async snapshot(): Promise<SnapshotSession> {
    if (this.#closed) throw unavailable('The database is closed.')
    if (this.#standing < this.#options.limit) this.#standing += 1
    else await this.#turn()
    return new SqliteSnapshot(
      (connection, statement, params) => this.#read(connection, statement, params),
      () => this.#idle.pop() ?? this.#options.open(),
      connection => this.#giveBack(connection),
    )
  }

  [Symbol.dispose](): void {
    this.#closed = true
    for (const connection of [this.#single, this.#grouped, ...this.#idle.splice(0)]) connection[Symbol.dispose]()
  }

  /** Its place passes on from the one before: the number of those standing stays. */
  #turn(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const { waitMs } = this.#options
    const waiting: Waiting = {
      resolve,
      timer: setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(unavailable(`No read of the database came free within ${waitMs / 1000} s.`))
      }, waitMs),
    }
    this.#waiting.push(waiting)
    return promise
  }

  #giveBack(connection: SqliteConnection | undefined): void {
    if (connection !== undefined) {
      if (this.#closed) connection[Symbol.dispose]()
      else this.#idle.push(connection)
    }
    const next = this.#waiting.shift()
    if (next === undefined) {
      this.#standing -= 1
      return
    }
    clearTimeout(next.timer)
    next.resolve()
  }

  #read<Params, Row>(connection: SqliteConnection, statement: Statement<Params, Row>, params: Params): readonly Row[] {
    const rows = connection.rows(statement, params)
    this.#options.onRead()
    return rows
  }

  async #readTogether<Result>(work: (session: ReadSession) => Promise<Result>): Promise<Result> {
    const end = await this.#groups.take()
    const connection = this.#grouped
    const session: ReadSession = {
      rows: async (statement, params) => this.#read(connection, statement, params),
      together: inner => inner(session),
    }
    try {
      connection.execute('begin')
      return await work(session)
    } finally {
      try {
        if (connection.inTransaction) connection.execute('rollback')
      } finally {
        end()
      }
    }
  }
}

type Read = <Params, Row>(
  connection: SqliteConnection,
  statement: Statement<Params, Row>,
  params: Params,
) => readonly Row[]

/** It takes its connection and its moment at the first read. */
class SqliteSnapshot implements SnapshotSession {
  readonly #read: Read
  readonly #take: () => SqliteConnection
  readonly #giveBack: (connection: SqliteConnection | undefined) => void
  #connection: SqliteConnection | undefined
  #open = true

  constructor(read: Read, take: () => SqliteConnection, giveBack: (connection: SqliteConnection | undefined) => void) {
    this.#read = read
    this.#take = take
    this.#giveBack = giveBack
  }

  async rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    if (!this.#open) throw new TypeError('the snapshot has been disposed of')
    this.#connection ??= this.#begun()
    return this.#read(this.#connection, statement, params)
  }

  together<Result>(work: (session: ReadSession) => Promise<Result>): Promise<Result> {
    return work(this)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return
    this.#open = false
    this.#giveBack(this.#ended(this.#connection))
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
