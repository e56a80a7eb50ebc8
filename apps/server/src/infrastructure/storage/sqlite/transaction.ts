import type { WriteTransaction } from '../statements/engine.ts'
import type { Command, RowsStatement, Statement } from '../statements/statement.ts'
import { nextCommit } from './commit-number.ts'
import type { SqliteConnection } from './connection.ts'
import { isSealed } from './seal.ts'

export interface TransactionEvents {
  /** So many statements were run. */
  ran(statements: number): void
  /** It has ended, one way or the other. */
  ended(): void
  /** It could not be undone: the connection is of no use any more. Closing it undoes it. */
  broken(): void
}

/** Of a file that is sealed it reads; what writes is refused. */
export class SqliteTransaction implements WriteTransaction {
  readonly #connection: SqliteConnection
  readonly #events: TransactionEvents
  readonly #sealed: boolean
  #open = true
  #commitNumber: number | undefined

  constructor(connection: SqliteConnection, events: TransactionEvents) {
    this.#connection = connection
    this.#events = events
    connection.execute('begin immediate')
    try {
      this.#sealed = isSealed(connection)
      if (this.#sealed) connection.execute('pragma query_only = on')
    } catch (error) {
      events.broken()
      throw error
    }
  }

  async rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    return this.#running(1).rows(statement, params)
  }

  async run<Params>(command: Command<Params>, params: Params): Promise<number> {
    return this.#running(1).run(command, params)
  }

  async runEach<Row>(statement: RowsStatement<Row>, rows: readonly Row[]): Promise<void> {
    if (rows.length > 0) this.#running(rows.length).runEach(statement, rows)
  }

  async commitNumber(): Promise<number> {
    this.#commitNumber ??= this.#running(1).rows(nextCommit, {})[0]?.commit
    if (this.#commitNumber === undefined) throw new TypeError('the database has no number of its newest commit')
    return this.#commitNumber
  }

  async commit(written: readonly Promise<unknown>[] = []): Promise<void> {
    try {
      await Promise.all(written)
      this.#standing().execute('commit')
      this.#unseal()
    } catch (error) {
      this.#undo()
      throw error
    }
    this.#end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#undo()
  }

  #running(statements: number): SqliteConnection {
    this.#events.ran(statements)
    return this.#standing()
  }

  #standing(): SqliteConnection {
    if (!this.#open) throw new TypeError('the transaction has ended')
    return this.#connection
  }

  #undo(): void {
    if (!this.#open) return
    try {
      // Some failures have undone it already.
      if (this.#connection.inTransaction) this.#connection.execute('rollback')
      this.#unseal()
    } catch {
      this.#events.broken()
    }
    this.#end()
  }

  /** The next transaction asks the file anew. */
  #unseal(): void {
    if (this.#sealed) this.#connection.execute('pragma query_only = off')
  }

  #end(): void {
    this.#open = false
    this.#events.ended()
  }
}
