import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { RowCodec } from '../../tables/definition/row.ts'
import type { AnyStatement } from '../statements/engine.ts'
import type { RowsStatement, SqlCommand, Statement } from '../statements/statement.ts'
import { translated } from './failure.ts'

interface ConnectionOptions {
  readonly file: string
  readonly readOnly: boolean
  readonly pragmas: readonly string[]
}

interface PreparedStatement {
  readonly prepared: StatementSync
  readonly columns: readonly string[]
}

const columns = new WeakMap<AnyStatement, readonly string[]>()

/** The columns of a statement: one array for all connections, unless the schemas of their files differ. */
const columnsOf = (statement: AnyStatement, prepared: StatementSync): readonly string[] => {
  const found = prepared.columns().map(column => column.name)
  const known = columns.get(statement)
  if (known?.join() === found.join()) return known
  columns.set(statement, found)
  return found
}

/** The rows of a statement that returns arrays. */
const requireArrays = (rows: readonly unknown[]): readonly unknown[][] => {
  if (areArrays(rows)) return rows
  throw new TypeError('the statement does not return arrays')
}

/** All rows of a statement have the same form. */
const areArrays = (rows: readonly unknown[]): rows is readonly unknown[][] =>
  rows.length === 0 || Array.isArray(rows[0])

/** A connection and its prepared statements, each of which is prepared once. */
export class SqliteConnection implements Disposable {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<AnyStatement, PreparedStatement>()

  constructor({ file, readOnly, pragmas }: ConnectionOptions) {
    this.#database = this.#translating(() => new DatabaseSync(file, { readOnly }))
    try {
      for (const pragma of pragmas) this.execute(`pragma ${pragma}`)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  execute(sql: string): void {
    this.#translating(() => this.#database.exec(sql))
  }

  /** For queries that run once: they are not kept prepared. */
  query<Row>(row: RowCodec<Row>, sql: string): readonly Row[] {
    return this.#translating(() => {
      const prepared = this.#database.prepare(sql)
      prepared.setReturnArrays(true)
      return requireArrays(prepared.all()).map(row.bind(prepared.columns().map(column => column.name)))
    })
  }

  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): readonly Row[] {
    return this.#translating(() => {
      const { prepared, columns } = this.#prepare(statement)
      return statement.parse(columns, requireArrays(prepared.all(...statement.values(params))))
    })
  }

  /** Row by row, for results that are too large for memory. */
  *each<Params, Row>(statement: Statement<Params, Row>, params: Params): Generator<Row> {
    const { prepared, columns } = this.#prepare(statement)
    for (const values of prepared.iterate(...statement.values(params)))
      yield* statement.parse(columns, requireArrays([values]))
  }

  run<Params>(command: SqlCommand<Params>, params: Params): number {
    return this.#translating(() => Number(this.#prepare(command).prepared.run(...command.values(params)).changes))
  }

  runEach<Row>(statement: RowsStatement<Row>, rows: readonly Row[]): void {
    this.#translating(() => {
      const { prepared } = this.#prepare(statement)
      for (const values of statement.runs(rows)) prepared.run(...values)
    })
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #prepare(statement: AnyStatement): PreparedStatement {
    const known = this.#prepared.get(statement)
    if (known !== undefined) return known
    const prepared = this.#database.prepare(statement.sql)
    // Parsing arrays is faster than parsing the objects that node:sqlite makes.
    prepared.setReturnArrays(true)
    const made = { prepared, columns: columnsOf(statement, prepared) }
    this.#prepared.set(statement, made)
    return made
  }

  #translating<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw translated(error)
    }
  }
}
