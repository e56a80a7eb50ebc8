import { limitReached } from '../../services/limits/limit-reached.ts'
import type { Meter } from '../../services/telemetry/meter.ts'

/** How long a client waits before it subscribes again on a connection with too many subscriptions. */
const retryAfterMs = 1000

/** Counts the subscriptions of one connection. */
export class SubscriptionCount {
  readonly #max: number
  readonly #meter: Meter
  #open = 0

  constructor(max: number, meter: Meter) {
    this.#max = max
    this.#meter = meter
  }

  /** Throws RATE_LIMITED if the connection may open no more. */
  requireRoom(): void {
    if (this.#open < this.#max) return
    const message = `A connection may have at most ${this.#max} subscriptions.`
    throw limitReached(this.#meter, 'subscriptionsPerConnection', message, { retryAfterMs })
  }

  opened(): void {
    this.#open += 1
    this.#meter.subscriptionOpened('websocket')
  }

  closed(): void {
    this.#open -= 1
    this.#meter.subscriptionClosed('websocket')
  }
}
