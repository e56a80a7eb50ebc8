import type { WriteTransaction } from './sql-engine.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { Statement } from './statement.ts'

export interface Endings {
  /** It has ended, one way or the other. */
  ended(): void
  /** It could not be undone: the connection is of no use any more. Closing it undoes it. */
  broken(): void
}

export class SqliteTransaction implements WriteTransaction {
  readonly #connection: SqliteConnection
  readonly #endings: Endings
  #open = true

  constructor(connection: SqliteConnection, endings: Endings) {
    this.#connection = connection
    this.#endings = endings
    connection.execute('begin immediate')
  }

  async rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    return this.#standing().rows(statement, params)
  }

  async run<Params>(statement: Statement<Params, unknown>, params: Params): Promise<number> {
    return this.#standing().run(statement, params)
  }

  async runEach<Params>(statement: Statement<Params, unknown>, rows: readonly Params[]): Promise<void> {
    if (rows.length > 0) this.#standing().runEach(statement, rows)
  }

  async commit(): Promise<void> {
    try {
      this.#standing().execute('commit')
    } catch (error) {
      this.#undo()
      throw error
    }
    this.#end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#undo()
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
    } catch {
      this.#endings.broken()
    }
    this.#end()
  }

  #end(): void {
    this.#open = false
    this.#endings.ended()
  }
}
