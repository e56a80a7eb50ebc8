/** Somebody who keeps what can be read again. */
export interface Evictable {
  /** Lets go of all that it keeps, and says so. */
  evict(): void
}

/** A bound on what all of them keep together: those whose memory was used the longest ago give theirs up first. */
export class RecentMemory {
  readonly #maxBytes: number
  /** The one used last is the last. */
  readonly #kept = new Map<Evictable, number>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** `keeper` keeps so much now, and uses it. */
  keep(keeper: Evictable, bytes: number): void {
    const more = bytes - (this.#kept.get(keeper) ?? 0)
    this.#bytes += more
    this.#kept.delete(keeper)
    if (bytes > 0) this.#kept.set(keeper, bytes)
    if (more <= 0) return
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      oldest.evict()
    }
  }
}
