import { type UserId, unavailable } from '@cpc-messenger/messenger'

/** Most viewers that may wait. */
const maxWaiting = 100_000
/** A viewer that has passed may pass again within this time: a client that opens many streams one by one is not a storm. */
const recentMs = 1000

export interface SubscribePace {
  /** Viewers that pass at once after a quiet time, each alone. */
  readonly burst: number
  /** The longest wait of the others. After each such time one more viewer may pass alone. */
  readonly everyMs: number
  /** Waiting viewers pass as soon as this many wait, */
  readonly enough: number
  /** or when none has arrived for this time. */
  readonly quietMs: number
  /** Most viewers that pass together. */
  readonly maxSet: number
}

interface Waiting {
  readonly viewerId: UserId
  admit(): void
}

/**
 * Admits viewers that are about to read the store, in the order of arrival. While few arrive, none waits. In a reconnect
 * storm they gather and pass in sets, each within one tick of the event loop, so that the store is read set by set.
 */
export class SubscribeGate {
  readonly #pace: SubscribePace
  readonly #recent = new Set<UserId>()
  #waiting: Waiting[] = []
  #credit: number
  #creditAt = performance.now()
  #recentSince = performance.now()
  #lastArrivalAt = 0
  #waitingSince = 0
  #timer: NodeJS.Timeout | undefined
  #releasing = false

  constructor(pace: SubscribePace) {
    this.#pace = pace
    this.#credit = pace.burst
  }

  /** Viewers that wait now. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Resolves when the viewer is admitted. Rejects with UNAVAILABLE if too many wait. */
  async enter(viewerId: UserId): Promise<void> {
    this.#clearRecent()
    if (this.#recent.has(viewerId) || (this.#waiting.length === 0 && this.#pass())) {
      this.#recent.add(viewerId)
      return
    }
    if (this.#waiting.length >= maxWaiting) throw unavailable('Too many streams are being opened. Retry in a moment.')
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#lastArrivalAt = performance.now()
    if (this.#waiting.push({ viewerId, admit: resolve }) === 1) this.#waitingSince = this.#lastArrivalAt
    this.#schedule()
    return promise
  }

  /** Uses one credit to pass alone. */
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
    } else this.#timer ??= setTimeout(() => this.#check(), quietMs).unref()
  }

  #check(): void {
    const { everyMs, quietMs } = this.#pace
    const now = performance.now()
    this.#timer = undefined
    if (now - this.#lastArrivalAt >= quietMs || now - this.#waitingSince >= everyMs) this.#release()
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

  #clearRecent(): void {
    const now = performance.now()
    if (now - this.#recentSince < recentMs) return
    this.#recent.clear()
    this.#recentSince = now
  }
}
