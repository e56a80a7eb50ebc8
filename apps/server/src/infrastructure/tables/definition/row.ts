import type { SqlValue } from './codec.ts'

/** How rows with certain columns are parsed. */
export interface RowCodec<Row> {
  /** A parser for rows whose values come in the order of these columns; columns that the row does not need are ignored. */
  bind(columns: readonly string[]): (values: readonly unknown[]) => Row
}

export type RowOf<Of> = Of extends RowCodec<infer Row> ? Row : never

/** A column of a row, and the property that it becomes. */
export interface RowColumn {
  readonly property: string
  readonly column: string
  readonly read: (stored: unknown) => unknown
}

/** Parses each of these columns. The properties of a row are made in this order. */
export const rowOfColumns = <Row>(fields: readonly RowColumn[]): RowCodec<Row> => ({
  bind: columns => {
    const indexes = fields.map(({ column }) => indexOf(columns, column))
    const parse = compileParser<Row>(fields, indexes)
    return values => {
      try {
        return parse(values)
      } catch (cause) {
        const field = fields.find(({ read }, at) => !canRead(read, values[indexes[at] ?? -1]))
        throw new TypeError(`the column ${field?.column ?? '(unknown)'} holds what cannot be read`, { cause })
      }
    }
  },
})

/**
 * A function that makes a row by one object literal, in JavaScript that is generated from the names of the properties: it runs
 * for each row, and a loop that writes properties by name takes three times as long.
 */
const compileParser = <Row>(
  fields: readonly RowColumn[],
  indexes: readonly number[],
): ((values: readonly unknown[]) => Row) => {
  const properties = fields.map(({ property }, at) => `${JSON.stringify(property)}: read${at}(values[${indexes[at]}])`)
  const reads = fields.map((_, at) => `read${at}`)
  return new Function(...reads, `return values => ({ ${properties.join(', ')} })`)(...fields.map(({ read }) => read))
}

const canRead = (read: RowColumn['read'], stored: unknown): boolean => {
  try {
    read(stored)
    return true
  } catch {
    return false
  }
}

const indexOf = (columns: readonly string[], column: string): number => {
  const index = columns.indexOf(column)
  if (index === -1) throw new TypeError(`a statement does not return the column ${column}`)
  return index
}

type Fields = Readonly<Record<string, { readonly read: (stored: unknown) => unknown }>>

/** A row whose properties have the names of its columns. */
export const row = <Given extends Fields>(
  fields: Given,
): RowCodec<{ readonly [Column in keyof Given]: ReturnType<Given[Column]['read']> }> =>
  rowOfColumns(Object.entries(fields).map(([column, { read }]) => ({ property: column, column, read })))

/** One row, parsed as two. */
export const bothOf = <One, Other>(one: RowCodec<One>, other: RowCodec<Other>): RowCodec<readonly [One, Other]> => ({
  bind: columns => {
    const [first, second] = [one.bind(columns), other.bind(columns)]
    return values => [first(values), second(values)]
  },
})

/** A row made from the parsed one. */
export const mapRow = <From, To>(from: RowCodec<From>, map: (row: From) => To): RowCodec<To> => ({
  bind: columns => {
    const parse = from.bind(columns)
    return values => map(parse(values))
  },
})

const isSqlValue = (value: unknown): value is SqlValue =>
  value === null || typeof value === 'string' || typeof value === 'number'

/** A row of any columns, as it is stored. */
export const storedRow: RowCodec<Readonly<Record<string, SqlValue>>> = {
  bind: columns => values =>
    Object.fromEntries(
      columns.map((column, index) => {
        const value = values[index]
        if (!isSqlValue(value)) throw new TypeError(`the column ${column} holds what cannot be read`)
        return [column, value]
      }),
    ),
}
