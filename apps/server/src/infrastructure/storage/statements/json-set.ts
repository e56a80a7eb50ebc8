/** A set of values as the one text that goes into a statement. */
export const jsonSet = (values: Iterable<string>): string => JSON.stringify([...new Set(values)])

/** Tuples of texts, each once. */
export const jsonTuples = (tuples: Iterable<readonly string[]>): string =>
  `[${[...new Set(Array.from(tuples, tuple => JSON.stringify(tuple)))].join()}]`

/** Rows as JSON objects; what is null is left out, so that nobody has to parse it. */
export const jsonRows = <Row extends { readonly [Column in keyof Row]: string | number | null }>(
  columns: readonly (keyof Row & string)[],
  rows: readonly Row[],
): string => {
  const names = columns.map(column => `${JSON.stringify(column)}:`)
  let json = '['
  for (const [index, row] of rows.entries()) {
    let separator = index === 0 ? '{' : ',{'
    for (const [place, column] of columns.entries()) {
      const value = row[column]
      if (value === null) continue
      json += separator + names[place] + (typeof value === 'string' ? JSON.stringify(value) : value)
      separator = ','
    }
    json += separator === ',' ? '}' : `${separator}}`
  }
  return `${json}]`
}
