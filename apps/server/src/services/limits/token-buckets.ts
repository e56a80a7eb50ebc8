import type { Rate } from './limit-table.ts'

/** Buckets that are remembered: beyond, those used longest ago count as full. */
const maxBuckets = 100_000

/** What adding up intervals may be off by, in milliseconds. */
const rounding = 1e-3

/**
 * One token bucket for each key. Of each only the moment is kept at which it will be full: tokens that are missing are the
 * time until then. A bucket that is full is as good as none, so those not used for the time that filling takes are
 * forgotten, a generation at a time. Times are of a monotonic clock, in milliseconds.
 */
export class TokenBuckets {
  readonly #intervalMs: number
  readonly #fillMs: number
  readonly #max: number
  #newer = new Map<string, number>()
  #older = new Map<string, number>()
  #turnedAt = Number.NEGATIVE_INFINITY

  constructor({ perSecond, burst }: Rate, max = maxBuckets) {
    this.#intervalMs = 1000 / perSecond
    this.#fillMs = burst * this.#intervalMs
    this.#max = max
  }

  /** Buckets that are remembered. */
  get size(): number {
    return this.#newer.size + this.#older.size
  }

  /** Whole milliseconds after which so many tokens can be taken, if nobody else takes any; 0: now. */
  waitMs(key: string, count: number, now: number): number {
    const wait = this.#fullAt(key, now) + count * this.#intervalMs - this.#fillMs - now
    return Math.max(0, Math.ceil(wait - rounding))
  }

  /** Takes tokens. To be asked for before: there may be fewer. */
  take(key: string, count: number, now: number): void {
    const fullAt = this.#fullAt(key, now) + count * this.#intervalMs
    this.#turn(now)
    this.#older.delete(key)
    this.#newer.set(key, fullAt)
  }

  #fullAt(key: string, now: number): number {
    const known = this.#newer.get(key) ?? this.#older.get(key)
    return known === undefined || known < now ? now : known
  }

  /** What has not been used for a whole generation is full by now. */
  #turn(now: number): void {
    if (now - this.#turnedAt < this.#fillMs && this.#newer.size < this.#max / 2) return
    this.#older = this.#newer
    this.#newer = new Map()
    this.#turnedAt = now
  }
}
