import { unavailable } from '@cpc-messenger/messenger'
import type { WriteTransaction } from '../statements/engine.ts'
import type { RowsStatement, SqlCommand, Statement } from '../statements/statement.ts'
import type { PostgresConnection } from './connection.ts'
import { isAnswered } from './failure.ts'
import { leaveReceipt, type Receipt } from './receipts.ts'

interface TransactionDependencies {
  readonly connection: PostgresConnection
  readonly receipt: Receipt
  /** Whether the transaction was committed; rejects if that cannot be determined. */
  readonly wasCommitted: () => Promise<boolean>
  /** Called with the number of statements of the transaction. */
  readonly ran: (statements: number) => void
  /** `clean`: the database has confirmed its end. */
  readonly ended: (clean: boolean) => void
}

/** Whether a commit was sent and no response came. */
const isLost = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && !isAnswered(error.cause)

export class PostgresTransaction implements WriteTransaction {
  readonly #dependencies: TransactionDependencies
  readonly #connection: PostgresConnection
  #number: Promise<readonly { readonly commit: number | null }[]> | undefined
  #open = true
  #statements = 0

  constructor(dependencies: TransactionDependencies) {
    this.#dependencies = dependencies
    this.#connection = dependencies.connection
    // Sent together with the first statement, which fails if this does.
    dependencies.connection.execute('begin').catch(() => undefined)
  }

  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    return this.#running().rows(statement, params)
  }

  run<Params>(command: SqlCommand<Params>, params: Params): Promise<number> {
    return this.#running().run(command, params)
  }

  async runEach<Row>(statement: RowsStatement<Row>, rows: readonly Row[]): Promise<void> {
    if (rows.length > 0) await this.#running().runEach(statement, rows)
  }

  async commitNumber(): Promise<number> {
    this.#number ??= this.#running().rows(leaveReceipt, { ...this.#dependencies.receipt, at: Date.now() })
    const [row] = await this.#number
    if (typeof row?.commit !== 'number') throw new TypeError('the database has no base of commit numbers')
    return row.commit
  }

  async commit(written: readonly Promise<unknown>[] = []): Promise<void> {
    const connection = this.#running()
    const sent = !connection.broken
    const committed = connection.execute('commit')
    // Sent together with the writes: if one of them fails, it is a rollback.
    const [[command], outcomes] = await Promise.all([Promise.allSettled([committed]), Promise.allSettled(written)])
    const [failure] = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason] : []))
    if (command.status === 'fulfilled' && command.value === 'COMMIT') return this.#end()
    const reason = command.status === 'rejected' ? command.reason : failure
    if (sent && command.status === 'rejected' && isLost(reason)) return this.#lookUp(reason)
    this.#end(command.status === 'rejected' ? reason : undefined)
    throw failure ?? reason ?? unavailable('The database rolled the transaction back.')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return
    if (this.#connection.broken) return this.#end()
    try {
      await this.#connection.execute('rollback')
      this.#end()
    } catch (error) {
      this.#end(error)
    }
  }

  async #lookUp(reason: unknown): Promise<void> {
    this.#release(reason)
    let committed: boolean
    try {
      if (this.#number === undefined) throw new Error('the transaction wrote no receipt')
      committed = await this.#dependencies.wasCommitted()
    } catch (error) {
      throw unavailable('The connection to the database was lost. The command may have been executed.', error)
    } finally {
      this.#dependencies.ended(false)
    }
    if (!committed) throw unavailable('The connection to the database was lost. The command was not executed.')
  }

  #running(): PostgresConnection {
    if (!this.#open) throw new TypeError('the transaction has ended')
    this.#statements += 1
    return this.#connection
  }

  #end(broken?: unknown): void {
    const clean = broken === undefined && !this.#connection.broken
    this.#release(broken)
    this.#dependencies.ended(clean)
  }

  #release(broken: unknown): void {
    this.#open = false
    this.#connection.release(broken instanceof Error ? broken : undefined)
    this.#dependencies.ran(this.#statements)
  }
}
