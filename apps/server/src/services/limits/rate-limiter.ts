import { setTimeout as delay } from 'node:timers/promises'
import type { Actor } from '../identity/actor.ts'
import type { Meter } from '../telemetry/meter.ts'
import { type LimitReached, limitReached } from './limit-reached.ts'
import { type Charges, type RateLimitName, type Rates, rateLimitNames, rateLimits } from './limit-table.ts'
import { Tarpit, type TarpitOptions } from './tarpit.ts'
import { TokenBuckets } from './token-buckets.ts'

/** Refusals that are answered at once. A client that exceeds this rate ignores `retryAfterMs`. */
const promptRefusals = { perSecond: 10, burst: 100 }

/** How often a paced client is checked for having disconnected. */
const maxSleepMs = 500

/** What the limiter needs of a use case. */
interface ChargedUseCase<Input> {
  charges?(input: Input): Charges
}

interface RateLimiterOptions {
  readonly rates: Rates
  readonly meter?: Pick<Meter, 'limitReached'>
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number
  readonly tarpit?: TarpitOptions
}

const messageOf = (limit: RateLimitName, waitMs: number): string => `${rateLimits[limit].error} Retry in ${waitMs} ms.`

/** Enforces the rate limits of the table for each user or address. */
export class RateLimiter {
  readonly #buckets = new Map<RateLimitName, TokenBuckets>()
  readonly #refusals = new TokenBuckets(promptRefusals)
  readonly #meter: Pick<Meter, 'limitReached'> | undefined
  readonly #now: () => number
  readonly #tarpit: Tarpit

  constructor({ rates, meter, now = () => performance.now(), tarpit }: RateLimiterOptions) {
    for (const limit of rateLimitNames) {
      const rate = rates[limit]
      if (rate !== undefined) this.#buckets.set(limit, new TokenBuckets(rate))
    }
    this.#meter = meter
    this.#now = now
    this.#tarpit = new Tarpit(tarpit)
  }

  /** Takes a token of the key's bucket. Throws `LimitReached` if there is none. */
  take(limit: RateLimitName, key: string): void {
    const buckets = this.#buckets.get(limit)
    if (buckets === undefined) return
    const now = this.#now()
    const waitMs = buckets.waitMs(key, 1, now)
    if (waitMs > 0) throw this.#refusal(limit, key, waitMs, now)
    buckets.take(key, 1, now)
  }

  /** Takes tokens of several limits. Takes none and throws `LimitReached` if one of them has too few. */
  takeAll(charges: Charges, key: string): void {
    const now = this.#now()
    for (const [limit, buckets] of this.#buckets) {
      const count = charges[limit]
      const waitMs = count === undefined ? 0 : buckets.waitMs(key, count, now)
      if (waitMs > 0) throw this.#refusal(limit, key, waitMs, now)
    }
    for (const [limit, buckets] of this.#buckets) {
      const count = charges[limit]
      if (count !== undefined) buckets.take(key, count, now)
    }
  }

  /** Takes the tokens of a command, which may come over any transport. */
  takeForCommand<Input>({ charges }: ChargedUseCase<Input>, input: Input, { userId }: Actor): void {
    this.takeAll({ commands: 1, ...charges?.(input) }, userId)
  }

  /** Waits for a token and takes it. Returns without a token once `isOver`. */
  async pace(limit: RateLimitName, key: string, isOver: () => boolean): Promise<void> {
    const buckets = this.#buckets.get(limit)
    for (let waits = 0; buckets !== undefined && !isOver(); waits += 1) {
      const now = this.#now()
      const waitMs = buckets.waitMs(key, 1, now)
      if (waitMs === 0) return buckets.take(key, 1, now)
      if (waits === 0) this.#meter?.limitReached(limit)
      await delay(Math.min(waitMs, maxSleepMs), undefined, { ref: false })
    }
  }

  /** Delays the answer to a client that ignores refusals. Returns false if the client has to be disconnected instead. */
  hold(): Promise<boolean> {
    return this.#tarpit.hold()
  }

  #refusal(limit: RateLimitName, key: string, retryAfterMs: number, now: number): LimitReached {
    const ignored = this.#refusals.waitMs(key, 1, now) > 0
    if (!ignored) this.#refusals.take(key, 1, now)
    return limitReached(this.#meter, limit, messageOf(limit, retryAfterMs), { retryAfterMs, ignored })
  }
}
