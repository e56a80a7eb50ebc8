import { type RawBuilder, sql } from 'kysely'
import type { Tables } from '../tables/tables.ts'
import type { RowsStatement, SqlValue, StatementCompiler } from './statement.ts'

/**
 * What writing a row of a known key does with a column: it finds the row by it, leaves it as it was first written, replaces
 * it, or takes the greater of the two.
 */
type Role = 'key' | 'once' | 'replaced' | 'greater'

export type Roles<Row> = { readonly [Column in keyof Row]: Role }

const assignment = (table: string, column: string, role: Role): RawBuilder<unknown>[] => {
  const stored = sql.ref(`${table}.${column}`)
  const given = sql.ref(`excluded.${column}`)
  switch (role) {
    case 'key':
    case 'once':
      return []
    case 'replaced':
      return [sql`${sql.ref(column)} = ${given}`]
    case 'greater':
      return [sql`${sql.ref(column)} = case when ${given} > ${stored} then ${given} else ${stored} end`]
  }
}

type Columns<Row> = readonly { readonly column: keyof Row & string; readonly role: Role }[]

const columnsOf = <Row>(roles: Roles<Row>): Columns<Row> =>
  (Object.keys(roles) as (keyof Row & string)[]).map(column => ({ column, role: roles[column] }))

const refs = (names: readonly string[]) => sql.join(names.map(name => sql.ref(name)))

/** Writes whole rows of keys that nothing is stored under; others are an error. */
export const insertStatement = <Row extends { readonly [Column in keyof Row]: SqlValue }>(
  compiler: StatementCompiler,
  table: keyof Tables,
  roles: Roles<Row>,
): RowsStatement<Row> => {
  const names = columnsOf(roles).map(({ column }) => column)
  return compiler.rowsStatement<Row>(`insert ${table}`)(
    table,
    names,
    given => sql`insert into ${sql.table(table)} (${refs(names)}) ${given}`,
  )
}

/** Writes whole rows over those of the same keys; where there is none, nothing. */
export const updateStatement = <Row extends { readonly [Column in keyof Row]: SqlValue }>(
  compiler: StatementCompiler,
  table: keyof Tables,
  roles: Roles<Row>,
  name = `update ${table}`,
): RowsStatement<Row> => {
  const columns = columnsOf(roles)
  const names = columns.map(({ column }) => column)
  const sets = columns.flatMap(({ column, role }) => assignment(table, column, role))
  const key = columns
    .filter(({ role }) => role === 'key')
    .map(({ column }) => sql`${sql.ref(`${table}.${column}`)} = ${sql.ref(`excluded.${column}`)}`)
  return compiler.rowsStatement<Row>(name)(
    table,
    names,
    given => sql`
      with excluded(${refs(names)}) as (${given})
      update ${sql.table(table)} set ${sql.join(sets)} from excluded where ${sql.join(key, sql` and `)}`,
  )
}

/** Writes whole rows, each over the one of the same key where there is one. */
export const upsertStatement = <Row extends { readonly [Column in keyof Row]: SqlValue }>(
  compiler: StatementCompiler,
  table: keyof Tables,
  roles: Roles<Row>,
): RowsStatement<Row> => {
  const columns = (Object.keys(roles) as (keyof Row & string)[]).map(column => ({ column, role: roles[column] }))
  const names = columns.map(({ column }) => column)
  const key = columns.filter(({ role }) => role === 'key').map(({ column }) => sql.ref(column))
  const sets = columns.flatMap(({ column, role }) => assignment(table, column, role))
  const conflict = sets.length === 0 ? sql`` : sql`on conflict (${sql.join(key)}) do update set ${sql.join(sets)}`
  return compiler.rowsStatement<Row>(`write ${table}`)(
    table,
    names,
    given => sql`insert into ${sql.table(table)} (${sql.join(names.map(name => sql.ref(name)))}) ${given} ${conflict}`,
  )
}
