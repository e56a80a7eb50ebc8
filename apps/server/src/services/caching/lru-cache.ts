/**
 * A map of at most `max` entries: setting one more evicts the least recently used one. Getting an entry counts as use. It needs
 * nothing but a `Map`, which keeps its keys in the order in which they were set.
 */
export class LruCache<Key, Value extends NonNullable<unknown>> {
  readonly #max: number
  readonly #entries = new Map<Key, Value>()
  /** The key that was used last: using it again changes no order, and costs no more than a `Map`. */
  #newest: Key | undefined

  constructor(max: number) {
    if (!Number.isInteger(max) || max < 1) throw new RangeError(`a cache of ${max} entries`)
    this.#max = max
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined && key !== this.#newest) this.#use(key, value)
    return value
  }

  set(key: Key, value: Value): void {
    this.#use(key, value)
    if (this.#entries.size <= this.#max) return
    for (const leastRecentlyUsed of this.#entries.keys()) {
      this.#entries.delete(leastRecentlyUsed)
      return
    }
  }

  delete(key: Key): void {
    this.#entries.delete(key)
  }

  #use(key: Key, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    this.#newest = key
  }
}
