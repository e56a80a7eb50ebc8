import type { Rate } from '../../services/limits/limit-table.ts'

/**
 * Limits the frames that one connection may send: a token bucket that refills at a steady rate. Refused frames are counted
 * too, so that a client that ignores refusals is `exhausted` after a second burst.
 */
export class FrameRateLimiter {
  readonly #perSecond: number
  readonly #burst: number
  #left: number
  #countedAt: number

  constructor({ perSecond, burst }: Rate, now: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#left = burst
    this.#countedAt = now
  }

  /** `now` is of a monotonic clock, in milliseconds. */
  count(now: number): 'allowed' | 'refused' | 'exhausted' {
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#countedAt) / 1000) * this.#perSecond) - 1
    this.#countedAt = now
    if (this.#left >= 0) return 'allowed'
    return this.#left > -this.#burst ? 'refused' : 'exhausted'
  }

  /** Milliseconds after which a frame is allowed again. */
  get waitMs(): number {
    return Math.max(1, Math.ceil(((1 - this.#left) / this.#perSecond) * 1000))
  }
}
