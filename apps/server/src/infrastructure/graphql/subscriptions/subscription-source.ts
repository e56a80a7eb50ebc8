import type { StreamItem } from '../../../delivery/log/stream-item.ts'
import type { EventStream, StreamConsumer } from '../../../delivery/streams/event-stream.ts'
import type { Meter } from '../../../services/telemetry/meter.ts'
import type { Caller } from '../operations/caller.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import { requireSession } from '../operations/operation-context.ts'
import { ResumePosition } from './resume-position.ts'

/** The root value of a subscription's executions: every stream item except its end. */
export type SourceItem = Exclude<StreamItem, { readonly kind: 'ended' }>

interface SourceOptions {
  readonly dependencies: GraphQLDependencies
  readonly caller: Caller
  /** The end of the log completes the subscription; an inbox continues. */
  readonly endsWithLog: boolean
  readonly follow: (stream: EventStream) => Promise<unknown>
}

/**
 * The items of one subscription, taken one by one; nothing is queued here. The connection takes no items once its token has
 * expired.
 */
export class SubscriptionSource implements AsyncIterable<never>, StreamConsumer {
  /** Undefined if the transport does not send resume positions. */
  readonly #place: ResumePosition | undefined
  readonly #stream: EventStream
  readonly #meter: Meter
  readonly #endsWithLog: boolean
  #consumer: StreamConsumer | undefined
  #ended = false

  private constructor(options: SourceOptions) {
    const { dependencies, caller, endsWithLog } = options
    this.#place = caller.keepsPlace ? new ResumePosition(dependencies.store.epoch) : undefined
    this.#meter = dependencies.meter
    this.#endsWithLog = endsWithLog
    this.#stream = dependencies.subscriptionService.open(requireSession(caller, dependencies).actor.userId, this)
    dependencies.meter.subscriptionOpened('graphql')
  }

  /** Rejects if the subscription is refused. */
  static async open(options: SourceOptions): Promise<SubscriptionSource> {
    const source = new SubscriptionSource(options)
    try {
      await options.follow(source.#stream)
      return source
    } catch (error) {
      source.close()
      throw error
    }
  }

  /** The resume position after the last delivered item. */
  get place(): string | undefined {
    return this.#place?.text
  }

  /** The log has ended, or the subscription was closed. */
  get ended(): boolean {
    return this.#ended
  }

  /** When the last event was taken, the viewer was known to be a member of its conversation at this sequence. */
  get memberUpTo(): number {
    return this.#stream.memberUpTo
  }

  /** The consumer is notified when there may be items again after there were none. */
  attach(consumer: StreamConsumer): void {
    this.#consumer = consumer
  }

  streamReady(): void {
    this.#consumer?.streamReady()
  }

  take(): SourceItem | undefined {
    while (!this.#ended) {
      const item = this.#stream.take()
      if (item === undefined) return undefined
      if (item.kind !== 'ended') {
        this.#place?.took(item, this.#stream.inbox?.positionText)
        return item
      }
      if (this.#endsWithLog) this.close()
    }
    return undefined
  }

  /** An item that was taken was delivered to the subscriber. */
  passed(item: SourceItem): void {
    this.#place?.handedOn(item)
    if (item.kind === 'event') this.#meter.delivered('graphql', 1)
  }

  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#consumer = undefined
    this.#stream.close()
    this.#meter.subscriptionClosed('graphql')
  }

  /** graphql requires an async iterable from `subscribe`. It is never iterated over: use `take`. */
  [Symbol.asyncIterator](): AsyncIterator<never> {
    throw new TypeError('take items from a subscription, do not iterate over it')
  }
}
