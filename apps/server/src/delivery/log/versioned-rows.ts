interface Entry<Row> {
  readonly row: Row
  readonly version: number
  readonly bytes: number
}

/** Rows of one type by id, each in the highest version that was added, with an estimate of their memory. */
export class VersionedRows<Row> {
  readonly #entries = new Map<string, Entry<Row>>()
  readonly #bytesOf: (row: Row) => number
  #bytes = 0

  constructor(bytesOf: (row: Row) => number) {
    this.#bytesOf = bytesOf
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Undefined if there is no row of at least this version. */
  get(id: string, version = 0): Row | undefined {
    const known = this.#entries.get(id)
    return known !== undefined && known.version >= version ? known.row : undefined
  }

  /** Undefined if there is no row. */
  versionOf(id: string): number | undefined {
    return this.#entries.get(id)?.version
  }

  /** Replaces a row of the same or a lower version. */
  put(id: string, row: Row, version: number): void {
    const known = this.#entries.get(id)
    if (known !== undefined && known.version > version) return
    const bytes = this.#bytesOf(row)
    this.#bytes += bytes - (known?.bytes ?? 0)
    this.#entries.set(id, { row, version, bytes })
  }

  /** Removes lower versions. */
  trim(from: number): void {
    for (const [id, { version, bytes }] of this.#entries) {
      if (version >= from) continue
      this.#entries.delete(id)
      this.#bytes -= bytes
    }
  }
}
