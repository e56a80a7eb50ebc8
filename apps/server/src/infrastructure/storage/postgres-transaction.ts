import { unavailable } from '@cpc-messenger/messenger'
import type { PostgresConnection } from './postgres-connection.ts'
import { isAnswered } from './postgres-failure.ts'
import { transactionNumbers } from './postgres-transaction-status.ts'
import type { WriteTransaction } from './sql-engine.ts'
import type { RowsStatement, Statement } from './statement.ts'

export interface TransactionParts {
  readonly connection: PostgresConnection
  /** Whether the transaction of this number was committed; rejects where that cannot be found out. */
  readonly wasCommitted: (transactionId: string) => Promise<boolean>
  /** Called with how many statements it ran. */
  readonly ran: (statements: number) => void
  readonly ended: () => void
}

/** The commit was sent, and no answer came. */
const isLost = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && !isAnswered(error.cause)

export class PostgresTransaction implements WriteTransaction {
  readonly #parts: TransactionParts
  readonly #connection: PostgresConnection
  #numbers: Promise<readonly { readonly id: string; readonly commit: number | null }[]> | undefined
  #open = true
  #statements = 0

  constructor(parts: TransactionParts) {
    this.#parts = parts
    this.#connection = parts.connection
    // It goes out with the first statement: where it fails, so does that.
    parts.connection.execute('begin').catch(() => undefined)
  }

  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    return this.#running().rows(statement, params)
  }

  run<Params>(statement: Statement<Params, unknown>, params: Params): Promise<number> {
    return this.#running().run(statement, params)
  }

  async runEach<Row>(statement: RowsStatement<Row>, rows: readonly Row[]): Promise<void> {
    if (rows.length > 0) await this.#running().runEach(statement, rows)
  }

  async commitNumber(): Promise<number> {
    this.#numbers ??= this.#running().rows(transactionNumbers, {})
    const [numbers] = await this.#numbers
    if (typeof numbers?.commit !== 'number') throw new TypeError('the database has no base of commit numbers')
    return numbers.commit
  }

  async commit(written: readonly Promise<unknown>[] = []): Promise<void> {
    const connection = this.#running()
    const sent = !connection.broken
    const committed = connection.execute('commit')
    // It goes out with what is written: where that fails, it is a rollback.
    const [[command], outcomes] = await Promise.all([Promise.allSettled([committed]), Promise.allSettled(written)])
    const [failure] = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
    if (command.status === 'fulfilled' && command.value === 'COMMIT') return this.#end()
    const reason = command.status === 'rejected' ? command.reason : failure
    if (sent && command.status === 'rejected' && isLost(reason)) {
      this.#end(reason)
      return this.#lookUp()
    }
    this.#end(command.status === 'rejected' ? reason : undefined)
    throw failure ?? reason ?? unavailable('The database undid the transaction.')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return
    try {
      await this.#connection.execute('rollback')
      this.#end()
    } catch (error) {
      this.#end(error)
    }
  }

  async #lookUp(): Promise<void> {
    let committed: boolean
    try {
      const [numbers] = (await this.#numbers) ?? []
      if (numbers === undefined) throw new Error('the number of the transaction was not asked for')
      committed = await this.#parts.wasCommitted(numbers.id)
    } catch (error) {
      throw unavailable('The database went away, and it is not known whether this was done.', error)
    }
    if (!committed) throw unavailable('The database went away before this was done.')
  }

  #running(): PostgresConnection {
    if (!this.#open) throw new TypeError('the transaction has ended')
    this.#statements += 1
    return this.#connection
  }

  #end(broken?: unknown): void {
    this.#open = false
    this.#connection.release(broken instanceof Error ? broken : undefined)
    this.#parts.ran(this.#statements)
    this.#parts.ended()
  }
}
