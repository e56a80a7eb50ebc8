import type { FieldDef, PoolClient, QueryArrayResult } from 'pg'
import type { AnyStatement } from '../statements/engine.ts'
import type { RowsStatement, SqlCommand, Statement } from '../statements/statement.ts'
import { isResponseTimeout, translated } from './failure.ts'

const names = new WeakMap<AnyStatement, string>()
let named = 0

/** The name of the prepared statement. */
const nameOf = (statement: AnyStatement): string => {
  const known = names.get(statement)
  if (known !== undefined) return known
  named += 1
  const name = `s${named}`
  names.set(statement, name)
  return name
}

const columns = new WeakMap<AnyStatement, readonly string[]>()

/** The columns of a statement. They never change: after a change of the schema the database refuses the prepared statement. */
const columnsOf = (statement: AnyStatement, fields: readonly FieldDef[]): readonly string[] => {
  const known = columns.get(statement)
  if (known !== undefined && known.length === fields.length) return known
  const found = fields.map(({ name }) => name)
  columns.set(statement, found)
  return found
}

export interface ConnectionEvents {
  /** The connection was released after the response to its last statement. */
  responded(client: PoolClient): void
  /** A statement got no response in time. */
  timedOut(): void
}

/** Properties of a client that its types lack. */
interface Corkable {
  readonly connection: { readonly stream: { cork(): void; uncork(): void } }
}

/**
 * A connection in use by one session. Statements are sent in the order of the calls, those of one tick in one write; responses
 * come in the same order.
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
    const { rows, fields } = await this.#query(statement, statement.values(params))
    return statement.parse(columnsOf(statement, fields), rows)
  }

  async run<Params>(command: SqlCommand<Params>, params: Params): Promise<number> {
    return (await this.#query(command, command.values(params))).rowCount ?? 0
  }

  async runEach<Row>(statement: RowsStatement<Row>, rows: readonly Row[]): Promise<void> {
    await Promise.all(statement.runs(rows).map(values => this.#query(statement, values)))
  }

  /** Returns the command that the database executed: `commit` of a failed transaction is a ROLLBACK. */
  async execute(sql: string): Promise<string> {
    this.#cork()
    try {
      return (await this.#client.query(sql)).command
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** Whether the connection was lost. */
  get broken(): boolean {
    return this.#broken !== undefined
  }

  /** Returns it to its pool, or closes it if it is broken. */
  release(broken?: Error): void {
    this.#client.off('error', this.#onError)
    const reason = broken ?? this.#broken
    if (reason === undefined) this.#events.responded(this.#client)
    this.#client.release(reason)
  }

  async #query(statement: AnyStatement, values: unknown[]): Promise<QueryArrayResult> {
    this.#cork()
    try {
      return await this.#client.query({ name: nameOf(statement), text: statement.sql, values, rowMode: 'array' })
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #failed(error: unknown): unknown {
    const failure = translated(error)
    if (failure !== error && error instanceof Error && !('severity' in error)) this.#broken = error
    if (isResponseTimeout(error)) this.#events.timedOut()
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
