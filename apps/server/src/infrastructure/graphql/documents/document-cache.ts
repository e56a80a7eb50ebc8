interface Entry<Value> {
  readonly value: Value
  readonly bytes: number
  readonly owner: string
}

/** The part of the cache for one user: no user evicts more than that of other users' documents. */
const shareOfOne = 1 / 4

/** An LRU cache with a limit in bytes. An owner above their share evicts their own values first. */
export class DocumentCache<Value> {
  readonly #maxBytes: number
  readonly #entries = new Map<string, Entry<Value>>()
  readonly #owners = new Map<string, { bytes: number; readonly texts: Set<string> }>()
  #newest: Entry<Value> | undefined
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#entries.size
  }

  get(text: string): Value | undefined {
    const entry = this.#entries.get(text)
    if (entry === undefined || entry === this.#newest) return entry?.value
    this.#entries.delete(text)
    this.#entries.set(text, entry)
    this.#newest = entry
    return entry.value
  }

  /** A value larger than one owner's share is not cached. */
  set(text: string, value: Value, bytes: number, owner: string): void {
    const share = this.#maxBytes * shareOfOne
    if (bytes > share) return
    this.#delete(text)
    this.#newest = { value, bytes, owner }
    this.#entries.set(text, this.#newest)
    this.#bytes += bytes
    const owned = this.#owners.get(owner) ?? { bytes: 0, texts: new Set() }
    this.#owners.set(owner, owned)
    owned.bytes += bytes
    owned.texts.add(text)
    while (owned.bytes > share) this.#deleteFirst(owned.texts)
    while (this.#bytes > this.#maxBytes) this.#deleteFirst(this.#entries.keys())
  }

  #deleteFirst(texts: Iterable<string>): void {
    const [first] = texts
    if (first !== undefined) this.#delete(first)
  }

  #delete(text: string): void {
    const entry = this.#entries.get(text)
    if (entry === undefined) return
    this.#entries.delete(text)
    if (entry === this.#newest) this.#newest = undefined
    this.#bytes -= entry.bytes
    const owned = this.#owners.get(entry.owner)
    if (owned === undefined) return
    owned.bytes -= entry.bytes
    owned.texts.delete(text)
    if (owned.texts.size === 0) this.#owners.delete(entry.owner)
  }
}
