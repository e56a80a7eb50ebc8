import type { PoolClient, QueryResult } from 'pg'
import type { RowsStatement, Statement } from '../statements/statement.ts'
import { isSilence, translated } from './failure.ts'

type AnyStatement = Pick<Statement<never, unknown>, 'sql'>

const names = new WeakMap<AnyStatement, string>()
let named = 0

/** By which the database remembers how to run it. */
const nameOf = (statement: AnyStatement): string => {
  const known = names.get(statement)
  if (known !== undefined) return known
  named += 1
  const name = `s${named}`
  names.set(statement, name)
  return name
}

export interface ConnectionEvents {
  /** It was given back, and has answered to the last. */
  heard(client: PoolClient): void
  /** A statement had no answer for as long as one may take. */
  silent(): void
}

/** The parts of a client that its types leave out. */
interface Corkable {
  readonly connection: { readonly stream: { cork(): void; uncork(): void } }
}

/**
 * A connection in use by one session. Statements go out as they are called for, all those of one turn in one write, and
 * are answered in that order.
 */
export class PostgresConnection {
  readonly #client: PoolClient
  readonly #events: ConnectionEvents
  readonly #stream: Corkable['connection']['stream']
  #corked = false
  #broken: Error | undefined

  constructor(client: PoolClient, events: ConnectionEvents) {
    this.#client = client
    this.#events = events
    this.#stream = (client as unknown as Corkable).connection.stream
    client.on('error', this.#onError)
  }

  async rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    const { rows } = await this.#query(statement, statement.values(params))
    return statement.typed(rows)
  }

  async run<Params>(statement: Statement<Params, unknown>, params: Params): Promise<number> {
    return (await this.#query(statement, statement.values(params))).rowCount ?? 0
  }

  async runEach<Row>(statement: RowsStatement<Row>, rows: readonly Row[]): Promise<void> {
    await Promise.all(statement.runs(rows).map(values => this.#query(statement, values)))
  }

  /** Answers the command that was carried out: of a failed transaction, `commit` is a ROLLBACK. */
  async execute(sql: string): Promise<string> {
    this.#cork()
    try {
      return (await this.#client.query(sql)).command
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** It broke, and takes nothing any more. */
  get broken(): boolean {
    return this.#broken !== undefined
  }

  /** Back to its pool, or away where it is of no use any more. */
  release(broken?: Error): void {
    this.#client.off('error', this.#onError)
    const reason = broken ?? this.#broken
    if (reason === undefined) this.#events.heard(this.#client)
    this.#client.release(reason)
  }

  async #query(statement: AnyStatement, values: unknown[]): Promise<QueryResult> {
    this.#cork()
    try {
      return await this.#client.query({ name: nameOf(statement), text: statement.sql, values })
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #failed(error: unknown): unknown {
    const failure = translated(error)
    if (failure !== error && error instanceof Error && !('severity' in error)) this.#broken = error
    if (isSilence(error)) this.#events.silent()
    return failure
  }

  #cork(): void {
    if (this.#corked) return
    this.#corked = true
    this.#stream.cork()
    process.nextTick(() => {
      this.#corked = false
      this.#stream.uncork()
    })
  }

  readonly #onError = (error: Error): void => {
    this.#broken = error
  }
}
