interface Entry<Row> {
  readonly row: Row
  readonly version: number
  readonly bytes: number
}

/** Rows of one kind by id, each in the highest version that came, with an estimate of the memory that they take. */
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

  /** Undefined where the row is not here in this version or a higher one. */
  get(id: string, version = 0): Row | undefined {
    const known = this.#entries.get(id)
    return known !== undefined && known.version >= version ? known.row : undefined
  }

  /** Undefined where the row is not here. */
  versionOf(id: string): number | undefined {
    return this.#entries.get(id)?.version
  }

  /** A version that is as high as the known one replaces it. */
  put(id: string, row: Row, version: number): void {
    const known = this.#entries.get(id)
    if (known !== undefined && known.version > version) return
    const bytes = this.#bytesOf(row)
    this.#bytes += bytes - (known?.bytes ?? 0)
    this.#entries.set(id, { row, version, bytes })
  }

  /** Keeps only versions from this one on. */
  trim(from: number): void {
    for (const [id, { version, bytes }] of this.#entries) {
      if (version >= from) continue
      this.#entries.delete(id)
      this.#bytes -= bytes
    }
  }
}
