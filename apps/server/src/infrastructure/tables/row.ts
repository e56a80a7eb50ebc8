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

/** Parses each of these columns. The properties of a row are made in this order, so that all rows have one hidden class. */
export const rowOfColumns = <Row>(fields: readonly RowColumn[]): RowCodec<Row> => {
  const template: Readonly<Record<string, unknown>> = Object.fromEntries(fields.map(({ property }) => [property, null]))
  return {
    bind: columns => {
      const indexes = fields.map(({ column }) => indexOf(columns, column))
      const reads = fields.map(({ read }) => read)
      const properties = fields.map(({ property }) => property)
      // Runs for each row: loops over arrays of one kind take half the time of loops over objects.
      return values => {
        const row = { ...template }
        let at = 0
        try {
          for (; at < properties.length; at += 1)
            row[properties[at] as string] = reads[at]?.(values[indexes[at] as number])
        } catch (cause) {
          throw new TypeError(`the column ${fields[at]?.column} holds what cannot be read`, { cause })
        }
        return row as Row
      }
    },
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
