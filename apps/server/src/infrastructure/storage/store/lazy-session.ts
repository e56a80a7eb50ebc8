import type { SnapshotOptions } from '@cpc-messenger/messenger'
import type { ReadSession, SnapshotSession, SqlEngine } from '../statements/engine.ts'
import type { Statement } from '../statements/statement.ts'

interface Opened {
  readonly session: SnapshotSession
  readonly permit: Disposable | undefined
}

/** Opens its session at the first read: a snapshot that is never read takes no permit and no connection. */
export class LazySession implements SnapshotSession {
  readonly #engine: Pick<SqlEngine, 'snapshot'>
  readonly #options: SnapshotOptions
  #opened: Promise<Opened> | undefined
  #session: SnapshotSession | undefined
  #disposed = false

  constructor(engine: Pick<SqlEngine, 'snapshot'>, options: SnapshotOptions) {
    this.#engine = engine
    this.#options = options
  }

  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    if (this.#session === undefined || this.#disposed) return this.#firstRows(statement, params)
    return this.#session.rows(statement, params)
  }

  together<Result>(work: (session: ReadSession) => Promise<Result>): Promise<Result> {
    return work(this)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return
    this.#disposed = true
    const opened = await this.#opened?.catch(() => undefined)
    if (opened === undefined) return
    using _permit = opened.permit
    await opened.session[Symbol.asyncDispose]()
  }

  /** For reads before the session is open. */
  async #firstRows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    if (this.#disposed) throw new TypeError('the snapshot has been disposed of')
    this.#opened ??= this.#open()
    const { session } = await this.#opened
    return session.rows(statement, params)
  }

  async #open(): Promise<Opened> {
    const permit = await this.#options.acquire?.()
    try {
      this.#session = await this.#engine.snapshot(this.#options.readerId)
      return { session: this.#session, permit }
    } catch (error) {
      permit?.[Symbol.dispose]()
      throw error
    }
  }
}
