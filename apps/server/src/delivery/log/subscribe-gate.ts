import { type UserId, unavailable } from '@cpc-messenger/messenger'

/** Who may wait: more come than can be served. */
const maxWaiting = 100_000
/** Whoever was let in is let in again meanwhile: a client that opens one stream after the other is no storm. */
const recentMs = 1000

export interface SubscribePace {
  /** Who go in at once after a quiet time, each alone. */
  readonly burst: number
  /** Whoever comes after those waits so long at most. One of them may go in alone again after each such time. */
  readonly everyMs: number
  /** They go in as soon as so many wait, */
  readonly enough: number
  /** or when nobody has come for so long. */
  readonly quietMs: number
  /** In one set. */
  readonly maxSet: number
}

interface Waiting {
  readonly viewerId: UserId
  admit(): void
}

/**
 * Lets in, in the order of coming, those who are about to ask the store. As long as few come nobody waits. Those of a storm
 * gather, and a set of them goes in within one turn of the event loop, so that what they ask is asked as a set.
 */
export class SubscribeGate {
  readonly #pace: SubscribePace
  readonly #recent = new Set<UserId>()
  #waiting: Waiting[] = []
  #credit: number
  #creditAt = performance.now()
  #recentSince = performance.now()
  #cameAt = 0
  #waitingSince = 0
  #timer: NodeJS.Timeout | undefined
  #releasing = false

  constructor(pace: SubscribePace) {
    this.#pace = pace
    this.#credit = pace.burst
  }

  /** Who wait just now. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Rejects with UNAVAILABLE where far too many wait. */
  async enter(viewerId: UserId): Promise<void> {
    this.#forgetRecent()
    if (this.#recent.has(viewerId) || (this.#waiting.length === 0 && this.#pass())) {
      this.#recent.add(viewerId)
      return
    }
    if (this.#waiting.length >= maxWaiting) throw unavailable('Too many streams open at once: try again in a moment.')
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#cameAt = performance.now()
    if (this.#waiting.push({ viewerId, admit: resolve }) === 1) this.#waitingSince = this.#cameAt
    this.#schedule()
    return promise
  }

  /** Goes in alone, for a credit. */
  #pass(): boolean {
    this.#refill()
    if (this.#credit < 1) return false
    this.#credit -= 1
    return true
  }

  #refill(): void {
    const { burst, everyMs } = this.#pace
    const now = performance.now()
    this.#credit = Math.min(burst, this.#credit + (now - this.#creditAt) / everyMs)
    this.#creditAt = now
  }

  #schedule(): void {
    const { enough, quietMs } = this.#pace
    if (this.#releasing || this.#waiting.length === 0) return
    if (this.#waiting.length >= enough) {
      this.#releasing = true
      setImmediate(() => this.#release())
    } else this.#timer ??= setTimeout(() => this.#look(), quietMs).unref()
  }

  #look(): void {
    const { everyMs, quietMs } = this.#pace
    const now = performance.now()
    this.#timer = undefined
    if (now - this.#cameAt >= quietMs || now - this.#waitingSince >= everyMs) this.#release()
    else this.#schedule()
  }

  #release(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#releasing = false
    this.#refill()
    this.#credit = Math.max(0, this.#credit - 1)
    const { maxSet } = this.#pace
    const set = this.#waiting.slice(0, maxSet)
    this.#waiting = this.#waiting.slice(maxSet)
    for (const { viewerId, admit } of set) {
      this.#recent.add(viewerId)
      admit()
    }
    this.#waitingSince = performance.now()
    this.#schedule()
  }

  #forgetRecent(): void {
    const now = performance.now()
    if (now - this.#recentSince < recentMs) return
    this.#recent.clear()
    this.#recentSince = now
  }
}
