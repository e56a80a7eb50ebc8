/** The rows of one table in a batch, by key, and which of them the batch has changed. */
export class TrackedRows<Row> {
  readonly #keyOf: (row: Row) => string
  readonly #rows = new Map<string, Row>()
  readonly #changed = new Set<string>()

  constructor(keyOf: (row: Row) => string) {
    this.#keyOf = keyOf
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key)
  }

  all(): Iterable<Row> {
    return this.#rows.values()
  }

  /** Adds a row as it is stored. */
  load(row: Row): void {
    this.#rows.set(this.#keyOf(row), row)
  }

  /** Adds or replaces a row that has to be written. */
  put(row: Row): void {
    const key = this.#keyOf(row)
    this.#rows.set(key, row)
    this.#changed.add(key)
  }

  /** The rows that have to be written, in the order in which they were first changed. */
  changed(): readonly Row[] {
    return [...this.#changed].flatMap(key => this.#rows.get(key) ?? [])
  }
}
