/** A page and whether the list goes on after it. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly hasMore: boolean
}

/** A page that may have fewer rows than `limit`, even none, although there is a next page. */
export interface SearchPage<Row, Place> extends Page<Row> {
  /** The place after which the next page begins. */
  readonly end: Place | undefined
}

/** The first rows, of which one more than `limit` were read. */
export const pageOf = <Row>(rows: readonly Row[], limit: number): Page<Row> => ({
  rows: rows.slice(0, limit),
  hasMore: rows.length > limit,
})
