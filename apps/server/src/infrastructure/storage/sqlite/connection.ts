import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { RowsStatement, Statement } from '../statements/statement.ts'
import { translated } from './failure.ts'

export interface ConnectionOptions {
  readonly file: string
  readonly readOnly: boolean
  readonly pragmas: readonly string[]
}

type AnyStatement = Pick<Statement<never, unknown>, 'sql'>

interface Prepared {
  readonly prepared: StatementSync
  readonly columns: readonly string[]
}

const rowOf = (columns: readonly string[], values: readonly unknown[]): Record<string, unknown> => {
  const row: Record<string, unknown> = {}
  for (let index = 0; index < columns.length; index += 1) row[columns[index] ?? ''] = values[index]
  return row
}

/** A connection with its prepared statements. Each is prepared once. */
export class SqliteConnection implements Disposable {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<AnyStatement, Prepared>()

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

  /** For what is asked once. */
  query<Row>(sql: string): readonly Row[] {
    return this.#translating(() => {
      const rows: unknown[] = this.#database.prepare(sql).all()
      return rows as Row[]
    })
  }

  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): readonly Row[] {
    return this.#translating(() => {
      const { prepared, columns } = this.#prepare(statement)
      const rows: unknown[] = prepared.all(...statement.values(params))
      return statement.typed((rows as unknown[][]).map(values => rowOf(columns, values)))
    })
  }

  /** Row by row, for what is too much to hold. */
  *each<Params, Row>(statement: Statement<Params, Row>, params: Params): Generator<Row> {
    const { prepared, columns } = this.#prepare(statement)
    const rows: Iterable<unknown> = prepared.iterate(...statement.values(params))
    for (const values of rows as Iterable<unknown[]>) yield* statement.typed([rowOf(columns, values)])
  }

  run<Params>(statement: Statement<Params, unknown>, params: Params): number {
    return this.#translating(() => Number(this.#prepare(statement).prepared.run(...statement.values(params)).changes))
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

  #prepare(statement: AnyStatement): Prepared {
    const known = this.#prepared.get(statement)
    if (known !== undefined) return known
    const prepared = this.#database.prepare(statement.sql)
    // The row objects that node:sqlite makes are slower to make and to read than `rowOf` is.
    prepared.setReturnArrays(true)
    const made = { prepared, columns: prepared.columns().map(column => column.name) }
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
