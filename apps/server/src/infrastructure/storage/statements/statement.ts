import {
  type Compilable,
  type CompiledQuery,
  type Kysely,
  type QueryExecutorProvider,
  type RawBuilder,
  sql,
} from 'kysely'
import type { SqlValue } from '../../tables/definition/codec.ts'
import type { RowCodec } from '../../tables/definition/row.ts'
import type { TableColumn } from '../../tables/definition/table.ts'
import type { TableName, Tables } from '../../tables/tables.ts'
import type { GivenRows, SqlDialect } from './dialect.ts'
import { jsonRows } from './json-set.ts'

/** SQL text that was compiled once, and how values go into it. */
export interface SqlCommand<Params> {
  readonly name: string
  readonly sql: string
  values(params: Params): SqlValue[]
}

/** A command that returns rows. */
export interface Statement<Params, Row> extends SqlCommand<Params> {
  readonly row: RowCodec<Row>
  /** Parses rows whose values come in the order of these columns. */
  parse(columns: readonly string[], rows: readonly (readonly unknown[])[]): Row[]
}

export type Param<Params> = <Name extends keyof Params & string>(name: Name) => RawBuilder<Params[Name]>

/** SQL text that is given rows, and the values of each of its executions for them. */
export interface RowsStatement<Input> {
  readonly name: string
  readonly sql: string
  runs(rows: readonly Input[]): readonly SqlValue[][]
}

type Sql = Compilable<unknown> | { compile(db: QueryExecutorProvider): CompiledQuery<unknown> }

type Slot<Params> = (params: Params) => SqlValue

const constant = (value: unknown): Slot<unknown> => {
  if (typeof value !== 'string' && typeof value !== 'number' && value !== null)
    throw new TypeError(`a statement cannot hold the constant ${String(value)}`)
  return () => value
}

/** The parser of a row, bound once to the columns that the statement's rows have: one array for all connections. */
const parserOf = <Row>(row: RowCodec<Row>): Statement<never, Row>['parse'] => {
  let boundTo: readonly string[] | undefined
  let bound: ((values: readonly unknown[]) => Row) | undefined
  return (columns, rows) => {
    if (bound === undefined || columns !== boundTo) {
      bound = row.bind(columns)
      boundTo = columns
    }
    return rows.map(bound)
  }
}

/** A statement whose text and values are given as they are. */
export const plainStatement = <Row>(
  name: string,
  text: string,
  row: RowCodec<Row>,
): Statement<readonly SqlValue[], Row> => ({
  name,
  sql: text,
  values: values => [...values],
  row,
  parse: parserOf(row),
})

/**
 * Compiles statements, each once when the store is opened: compiling takes longer than running. Knows all that it has
 * compiled.
 */
export class StatementCompiler {
  readonly made: { readonly name: string; readonly sql: string }[] = []
  readonly #db: Kysely<Tables>
  readonly #givenRows: GivenRows

  constructor({ queries, givenRows }: Pick<SqlDialect, 'queries' | 'givenRows'>) {
    this.#db = queries
    this.#givenRows = givenRows
  }

  /** A statement over rows of these columns of a table; `build` gets them as a query. */
  rowsStatement<Input>(
    name: string,
    table: TableName,
    columns: readonly TableColumn<Input>[],
    build: (given: RawBuilder<unknown>) => RawBuilder<unknown>,
  ): RowsStatement<Input> {
    const given = this.#givenRows
    if (given.each === 'one') {
      const slots = new Map<unknown, Slot<Input>>()
      const query = given.query(columns.map(column => placeholder(slots, column.write)))
      const one = this.#compile(name, build(query), slots)
      return { ...one, runs: rows => rows.map(row => one.values(row)) }
    }
    const names = columns.map(column => column.name)
    const all = this.command<{ rows: string }>(name)((_, param) => build(given.query(table, names, param('rows'))))
    return { ...all, runs: rows => [all.values({ rows: jsonRows(columns, rows) })] }
  }

  /** In two calls, so that the type of the parameters is given and that of the rows is inferred. */
  statement<Params extends { readonly [Name in keyof Params]: SqlValue }>(name: string) {
    return <Row>(
      row: RowCodec<Row>,
      build: (db: Kysely<Tables>, param: Param<Params>) => Sql,
    ): Statement<Params, Row> => ({ ...this.command<Params>(name)(build), row, parse: parserOf(row) })
  }

  /** As `statement`, for what returns no rows. */
  command<Params extends { readonly [Name in keyof Params]: SqlValue }>(name: string) {
    return (build: (db: Kysely<Tables>, param: Param<Params>) => Sql): SqlCommand<Params> => {
      const slots = new Map<unknown, Slot<Params>>()
      return this.#compile(
        name,
        build(this.#db, key => placeholder(slots, params => params[key])),
        slots,
      )
    }
  }

  #compile<Params>(name: string, built: Sql, slots: ReadonlyMap<unknown, Slot<Params>>): SqlCommand<Params> {
    const compiled = built.compile(this.#db)
    const order = compiled.parameters.map(parameter => slots.get(parameter) ?? constant(parameter))
    const command = { name, sql: compiled.sql, values: (params: Params) => order.map(slot => slot(params)) }
    this.made.push(command)
    return command
  }
}

/** Takes the place of a value until the statement is compiled. */
const placeholder = <Params>(slots: Map<unknown, Slot<Params>>, slot: Slot<Params>): RawBuilder<never> => {
  const mark = {}
  slots.set(mark, slot)
  return sql`${mark}`
}
