import { setTimeout as delay } from 'node:timers/promises'
import type { Actor } from '../identity/actor.ts'
import type { Meter } from '../telemetry/meter.ts'
import { type LimitReached, limitReached } from './limit-reached.ts'
import { type Charges, type RateLimitName, type Rates, rateLimitNames, rateLimits } from './limit-table.ts'
import { Tarpit, type TarpitOptions } from './tarpit.ts'
import { TokenBuckets } from './token-buckets.ts'

/** Refusals that a client is told at once; whoever goes on beyond them does not wait as they are told. */
const heededRefusals = { perSecond: 10, burst: 100 }

/** How long somebody who is paced sleeps before it is seen that they are gone. */
const maxLookMs = 500

/** What the limiter needs of a use case. */
interface ChargedUseCase<Input> {
  charges?(input: Input): Charges
}

export interface RateLimiterOptions {
  readonly rates: Rates
  readonly meter?: Pick<Meter, 'limitReached'>
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number
  readonly tarpit?: TarpitOptions
}

const messageOf = (limit: RateLimitName, waitMs: number): string => `${rateLimits[limit].error} Retry in ${waitMs} ms.`

/** Counts what each user, or each address, does against the rates of the table. */
export class RateLimiter {
  readonly #buckets = new Map<RateLimitName, TokenBuckets>()
  readonly #refusals = new TokenBuckets(heededRefusals)
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

  /** Takes a token of the key's bucket; throws `LimitReached` where there is none, and takes nothing. */
  take(limit: RateLimitName, key: string): void {
    const buckets = this.#buckets.get(limit)
    if (buckets === undefined) return
    const now = this.#now()
    const waitMs = buckets.waitMs(key, 1, now)
    if (waitMs > 0) throw this.#refusal(limit, key, waitMs, now)
    buckets.take(key, 1, now)
  }

  /** Takes tokens of several limits, all or none. */
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

  /** For a command, on whatever road it came. */
  takeForCommand<Input>({ charges }: ChargedUseCase<Input>, input: Input, { userId }: Actor): void {
    this.takeAll({ commands: 1, ...charges?.(input) }, userId)
  }

  /** Takes a token as soon as there is one; takes none once `isOver`. */
  async pace(limit: RateLimitName, key: string, isOver: () => boolean): Promise<void> {
    const buckets = this.#buckets.get(limit)
    for (let waits = 0; buckets !== undefined && !isOver(); waits += 1) {
      const now = this.#now()
      const waitMs = buckets.waitMs(key, 1, now)
      if (waitMs === 0) return buckets.take(key, 1, now)
      if (waits === 0) this.#meter?.limitReached(limit)
      await delay(Math.min(waitMs, maxLookMs), undefined, { ref: false })
    }
  }

  /** Holds back the answer of a client that does not heed refusals; false: cut it off instead. */
  hold(): Promise<boolean> {
    return this.#tarpit.hold()
  }

  #refusal(limit: RateLimitName, key: string, retryAfterMs: number, now: number): LimitReached {
    const ignored = this.#refusals.waitMs(key, 1, now) > 0
    if (!ignored) this.#refusals.take(key, 1, now)
    return limitReached(this.#meter, limit, messageOf(limit, retryAfterMs), { retryAfterMs, ignored })
  }
}
