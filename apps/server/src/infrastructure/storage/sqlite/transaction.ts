import type { WriteTransaction } from '../statements/engine.ts'
import type { RowsStatement, SqlCommand, Statement } from '../statements/statement.ts'
import { nextCommit } from './commit-number.ts'
import type { SqliteConnection } from './connection.ts'
import { isSealed } from './seal.ts'

export interface TransactionEvents {
  /** Called with the number of statements that were run. */
  ran(statements: number): void
  /** Called when it was committed or rolled back. */
  ended(): void
  /** The rollback failed: the connection must be closed, which rolls back. */
  broken(): void
}

/** On a sealed file it can only read. */
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

  async run<Params>(command: SqlCommand<Params>, params: Params): Promise<number> {
    return this.#running(1).run(command, params)
  }

  async runEach<Row>(statement: RowsStatement<Row>, rows: readonly Row[]): Promise<void> {
    if (rows.length > 0) this.#running(rows.length).runEach(statement, rows)
  }

  async commitNumber(): Promise<number> {
    this.#commitNumber ??= this.#running(1).rows(nextCommit, {})[0]?.commit
    if (this.#commitNumber === undefined) throw new TypeError('the database holds no number of its newest commit')
    return this.#commitNumber
  }

  async commit(written: readonly Promise<unknown>[] = []): Promise<void> {
    try {
      await Promise.all(written)
      this.#requireOpen().execute('commit')
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
    return this.#requireOpen()
  }

  #requireOpen(): SqliteConnection {
    if (!this.#open) throw new TypeError('the transaction has ended')
    return this.#connection
  }

  #undo(): void {
    if (!this.#open) return
    try {
      // Some failures have rolled it back already.
      if (this.#connection.inTransaction) this.#connection.execute('rollback')
      this.#unseal()
    } catch {
      this.#events.broken()
    }
    this.#end()
  }

  /** The next transaction reads the file again. */
  #unseal(): void {
    if (this.#sealed) this.#connection.execute('pragma query_only = off')
  }

  #end(): void {
    this.#open = false
    this.#events.ended()
  }
}
