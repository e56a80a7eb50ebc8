import {
  type Compilable,
  type CompiledQuery,
  type Kysely,
  type QueryExecutorProvider,
  type RawBuilder,
  sql,
} from 'kysely'
import type { Tables } from '../tables/tables.ts'
import type { GivenRows, SqlDialect } from './dialect.ts'
import { jsonRows } from './json-set.ts'

export type SqlValue = string | number | null

/** SQL text that was made once, and how values go into it. */
export interface Statement<Params, Row> {
  readonly name: string
  readonly sql: string
  values(params: Params): SqlValue[]
  /** Gives what the engine answered the type of this statement's rows. */
  typed(rows: readonly unknown[]): readonly Row[]
}

export type Param<Params> = <Name extends keyof Params & string>(name: Name) => RawBuilder<Params[Name]>

/** SQL text that is given rows, and the values of each time that it runs for them. */
export interface RowsStatement<Row> {
  readonly name: string
  readonly sql: string
  runs(rows: readonly Row[]): readonly SqlValue[][]
}

type Sql<Row> = Compilable<Row> | { compile(db: QueryExecutorProvider): CompiledQuery<Row> }

type Slot<Params> = (params: Params) => SqlValue

const constant = (value: unknown): Slot<unknown> => {
  if (typeof value !== 'string' && typeof value !== 'number' && value !== null)
    throw new TypeError(`a statement cannot hold the constant ${String(value)}`)
  return () => value
}

/**
 * Makes the SQL text of statements, each once when the store is opened: making it takes longer than running it. Knows all
 * that it has made.
 */
export class StatementCompiler {
  readonly made: { readonly name: string; readonly sql: string }[] = []
  readonly #db: Kysely<Tables>
  readonly #givenRows: GivenRows

  constructor({ queries, givenRows }: Pick<SqlDialect, 'queries' | 'givenRows'>) {
    this.#db = queries
    this.#givenRows = givenRows
  }

  /** A statement over rows of these columns of a table: `build` is given them as a query. */
  rowsStatement<Row extends { readonly [Column in keyof Row]: SqlValue }>(name: string) {
    return (
      table: keyof Tables,
      columns: readonly (keyof Row & string)[],
      build: (given: RawBuilder<unknown>) => RawBuilder<unknown>,
    ): RowsStatement<Row> => {
      const given = this.#givenRows
      if (given.each === 'one') {
        const one = this.statement<Row>(name)((_, param) => build(given.query(columns.map(column => param(column)))))
        return { ...one, runs: rows => rows.map(row => one.values(row)) }
      }
      const all = this.statement<{ rows: string }>(name)((_, param) =>
        build(given.query(table, columns, param('rows'))),
      )
      return { ...all, runs: rows => [all.values({ rows: jsonRows(columns, rows) })] }
    }
  }

  /** In two calls, so that the type of the parameters is given and that of the rows is inferred. */
  statement<Params extends { readonly [Name in keyof Params]: SqlValue }>(name: string) {
    return <Row>(build: (db: Kysely<Tables>, param: Param<Params>) => Sql<Row>): Statement<Params, Row> => {
      const slots = new Map<unknown, Slot<Params>>()
      const param: Param<Params> = key => {
        const placeholder = {}
        slots.set(placeholder, params => params[key])
        return sql`${placeholder}`
      }
      const compiled = build(this.#db, param).compile(this.#db)
      const order = compiled.parameters.map(parameter => slots.get(parameter) ?? constant(parameter))
      const statement: Statement<Params, Row> = {
        name,
        sql: compiled.sql,
        values: params => order.map(slot => slot(params)),
        typed: rows => rows as readonly Row[],
      }
      this.made.push(statement)
      return statement
    }
  }
}
