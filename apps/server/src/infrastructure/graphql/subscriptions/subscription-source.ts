import type { StreamItem } from '../../../delivery/log/stream-item.ts'
import type { SignalItem } from '../../../delivery/signals/signal-item.ts'
import type { StreamConsumer } from '../../../delivery/streams/event-stream.ts'
import type { Meter } from '../../../services/telemetry/meter.ts'

/** The root value of a subscription's executions: every item of a stream except its end. */
export type SourceItem = Exclude<StreamItem, { readonly kind: 'ended' }> | SignalItem

/**
 * The items of one subscription, taken one by one; nothing is queued here. The connection takes no items once its token has
 * expired.
 */
export abstract class SubscriptionSource implements AsyncIterable<never>, StreamConsumer {
  readonly #meter: Meter
  #consumer: StreamConsumer | undefined
  #ended = false

  protected constructor(meter: Meter) {
    this.#meter = meter
    meter.subscriptionOpened('graphql')
  }

  /** The resume position after the last delivered item; undefined if there is none. */
  abstract readonly place: string | undefined

  /** When the last event was taken, the viewer was known to be a member of its conversation at this sequence. */
  abstract readonly memberUpTo: number

  /**
   * Whether results of items that were taken may be delivered: `held` while the viewer's permission is being read, `revoked` if
   * the viewer has lost it. Results about events have read sets instead.
   */
  abstract readonly delivery: 'open' | 'held' | 'revoked'

  abstract take(): SourceItem | undefined

  /** An item that was taken was delivered to the subscriber. */
  abstract passed(item: SourceItem): void

  protected abstract closeStream(): void

  /** There are no more items, or the subscription was closed. */
  get ended(): boolean {
    return this.#ended
  }

  /** The consumer is notified when there may be items again after there were none. */
  attach(consumer: StreamConsumer): void {
    this.#consumer = consumer
  }

  streamReady(): void {
    this.#consumer?.streamReady()
  }

  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#consumer = undefined
    this.closeStream()
    this.#meter.subscriptionClosed('graphql')
  }

  /** graphql requires an async iterable from `subscribe`. It is never iterated over: use `take`. */
  [Symbol.asyncIterator](): AsyncIterator<never> {
    throw new TypeError('take items from a subscription, do not iterate over it')
  }
}
