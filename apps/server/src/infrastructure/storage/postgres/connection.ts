import type { FieldDef, PoolClient, QueryArrayResult } from 'pg'
import type { Command, RowsStatement, Statement } from '../statements/statement.ts'
import { isSilence, translated } from './failure.ts'

type AnyStatement = Pick<Command<never>, 'sql'>

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

const columns = new WeakMap<AnyStatement, readonly string[]>()

/** The columns of a statement. They never change: where the schema does, the database refuses the prepared statement. */
const columnsOf = (statement: AnyStatement, fields: readonly FieldDef[]): readonly string[] => {
  const known = columns.get(statement)
  if (known !== undefined && known.length === fields.length) return known
  const found = fields.map(({ name }) => name)
  columns.set(statement, found)
  return found
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
    const { rows, fields } = await this.#query(statement, statement.values(params))
    return statement.parse(columnsOf(statement, fields), rows)
  }

  async run<Params>(command: Command<Params>, params: Params): Promise<number> {
    return (await this.#query(command, command.values(params))).rowCount ?? 0
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
