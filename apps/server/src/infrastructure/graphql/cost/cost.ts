/** What an operation costs, estimated before it is executed. */
export interface Cost {
  /** The number of statements. */
  readonly statements: number
  /** The number of rows that the store reads. */
  readonly rows: number
  /** The number of text searches, which scan rows that do not match. */
  readonly searches: number
  /** The size of the response. */
  readonly bytes: number
}

export const nothing: Cost = { statements: 0, rows: 0, searches: 0, bytes: 0 }

export const sum = (one: Cost, other: Cost): Cost => ({
  statements: one.statements + other.statements,
  rows: one.rows + other.rows,
  searches: one.searches + other.searches,
  bytes: one.bytes + other.bytes,
})

export const greatest = (one: Cost, other: Cost): Cost => ({
  statements: Math.max(one.statements, other.statements),
  rows: Math.max(one.rows, other.rows),
  searches: Math.max(one.searches, other.searches),
  bytes: Math.max(one.bytes, other.bytes),
})
