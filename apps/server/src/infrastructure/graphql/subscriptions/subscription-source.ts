import type { StreamItem } from '../../../delivery/log/stream-item.ts'
import type { EventStream, StreamConsumer } from '../../../delivery/streams/event-stream.ts'
import type { Meter } from '../../../services/telemetry/meter.ts'
import type { Caller } from '../operations/caller.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import { requireSession } from '../operations/operation-context.ts'
import type { ResumePosition } from './resume-position.ts'

/** What a subscription's root field gets: everything of a stream but its end. */
export type SourceItem = Exclude<StreamItem, { readonly kind: 'ended' }>

export interface SourceOptions {
  readonly dependencies: GraphQLDependencies
  readonly caller: Caller
  /** The first log that ends completes the subscription; an inbox goes on without it. */
  readonly endsWithLog: boolean
  /** Follows where the stream stands; undefined where its client is told that by the items only. */
  readonly place: ResumePosition | undefined
  readonly follow: (stream: EventStream) => Promise<unknown>
}

/**
 * A stream of a subscriber, taken item by item as they are asked for: nothing waits here. Whoever holds the connection
 * takes nothing once the token behind it has run out.
 */
export class SubscriptionSource implements AsyncIterable<never>, StreamConsumer {
  readonly #place: ResumePosition | undefined
  readonly #stream: EventStream
  readonly #meter: Meter
  readonly #endsWithLog: boolean
  #consumer: StreamConsumer | undefined
  #ended = false

  private constructor(options: SourceOptions) {
    const { dependencies, caller, place, endsWithLog } = options
    this.#place = place
    this.#meter = dependencies.meter
    this.#endsWithLog = endsWithLog
    this.#stream = dependencies.subscriptionService.open(requireSession(caller, dependencies).actor.userId, this)
    dependencies.meter.subscriptionOpened('graphql')
  }

  /** Rejects with the refusal of following. */
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

  /** Where to come back to after the item that was handed on last. */
  get place(): string | undefined {
    return this.#place?.text
  }

  /** Its log ended, or it was closed. */
  get ended(): boolean {
    return this.#ended
  }

  /** When the last event was taken, the viewer was known to be a member of its conversation at this sequence. */
  get memberUpTo(): number {
    return this.#stream.memberUpTo
  }

  /** The consumer is told when there may be something to take after there was nothing. */
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

  /** An item that was taken is handed to the subscriber. */
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

  /** graphql asks this of what a root field answers with; items are taken, not iterated over. */
  [Symbol.asyncIterator](): AsyncIterator<never> {
    throw new TypeError('a subscription is taken from')
  }
}
