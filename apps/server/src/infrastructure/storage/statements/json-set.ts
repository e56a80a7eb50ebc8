import type { TableColumn } from '../../tables/definition/table.ts'

/** A set of values as one JSON text, the parameter of a statement. */
export const jsonSet = (values: Iterable<string>): string => JSON.stringify([...new Set(values)])

/** Tuples of texts, each once. */
export const jsonTuples = (tuples: Iterable<readonly string[]>): string =>
  `[${[...new Set(Array.from(tuples, tuple => JSON.stringify(tuple)))].join()}]`

/** Rows as JSON objects; nulls are left out, so that they need not be parsed. */
export const jsonRows = <Input>(columns: readonly TableColumn<Input>[], rows: readonly Input[]): string => {
  const names = columns.map(({ name }) => `${JSON.stringify(name)}:`)
  let json = '['
  for (const [index, row] of rows.entries()) {
    let separator = index === 0 ? '{' : ',{'
    for (const [place, column] of columns.entries()) {
      const value = column.write(row)
      if (value === null) continue
      json += separator + names[place] + (typeof value === 'string' ? JSON.stringify(value) : value)
      separator = ','
    }
    json += separator === ',' ? '}' : `${separator}}`
  }
  return `${json}]`
}
