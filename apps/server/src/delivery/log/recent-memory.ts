/** A cache whose contents can be read again. */
export interface Evictable {
  /** Discards everything, and reports that to `RecentMemory`. */
  evict(): void
}

/** A bound on the memory of several caches together. The least recently used cache is evicted first. */
export class RecentMemory {
  readonly #maxBytes: number
  /** In the order of use, the most recent last. */
  readonly #sizes = new Map<Evictable, number>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The cache has this size now, and was used. */
  use(cache: Evictable, bytes: number): void {
    const more = bytes - (this.#sizes.get(cache) ?? 0)
    this.#bytes += more
    this.#sizes.delete(cache)
    if (bytes > 0) this.#sizes.set(cache, bytes)
    if (more <= 0) return
    for (const oldest of this.#sizes.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      oldest.evict()
    }
  }
}
