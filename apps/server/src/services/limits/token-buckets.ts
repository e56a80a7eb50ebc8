import type { Rate } from './limit-table.ts'

/** Most buckets that are kept. Beyond that, the least recently used ones count as full. */
const maxBuckets = 100_000

/** Rounding error of added intervals, in milliseconds. */
const rounding = 1e-3

/**
 * One token bucket for each key. Only the time at which a bucket will be full is stored; the missing tokens follow from it. A full bucket is not stored: buckets that were not used for the time of filling one are removed, a
 * generation at a time. Times are milliseconds of a monotonic clock.
 */
export class TokenBuckets {
  readonly #intervalMs: number
  readonly #fillMs: number
  readonly #max: number
  #newer = new Map<string, number>()
  #older = new Map<string, number>()
  #rotatedAt = Number.NEGATIVE_INFINITY

  constructor({ perSecond, burst }: Rate, max = maxBuckets) {
    this.#intervalMs = 1000 / perSecond
    this.#fillMs = burst * this.#intervalMs
    this.#max = max
  }

  /** Buckets that are kept. */
  get size(): number {
    return this.#newer.size + this.#older.size
  }

  /** Whole milliseconds until `count` tokens can be taken, if none is taken before; 0 if they can be taken now. */
  waitMs(key: string, count: number, now: number): number {
    const wait = this.#fullAt(key, now) + count * this.#intervalMs - this.#fillMs - now
    return Math.max(0, Math.ceil(wait - rounding))
  }

  /** Takes tokens. Check `waitMs` first: this method does not. */
  take(key: string, count: number, now: number): void {
    const fullAt = this.#fullAt(key, now) + count * this.#intervalMs
    this.#rotate(now)
    this.#older.delete(key)
    this.#newer.set(key, fullAt)
  }

  #fullAt(key: string, now: number): number {
    const known = this.#newer.get(key) ?? this.#older.get(key)
    return known === undefined || known < now ? now : known
  }

  /** A bucket that was not used for a whole generation is full. */
  #rotate(now: number): void {
    if (now - this.#rotatedAt < this.#fillMs && this.#newer.size < this.#max / 2) return
    this.#older = this.#newer
    this.#newer = new Map()
    this.#rotatedAt = now
  }
}
