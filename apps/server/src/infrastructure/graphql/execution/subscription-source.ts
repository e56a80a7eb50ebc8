import type { EventStream } from '../../../delivery/event-stream.ts'
import type { StreamItem } from '../../../delivery/stream-item.ts'
import type { Caller } from './caller.ts'
import type { GraphQLParts } from './graphql-parts.ts'
import { requireSession } from './operation-context.ts'
import type { StreamPlace } from './stream-place.ts'

/** What a subscription's root field gets: everything of a stream but its end. */
export type SourceItem = Exclude<StreamItem, { readonly kind: 'ended' }>

export interface SourceOptions {
  readonly parts: GraphQLParts
  readonly caller: Caller
  /** The first log that ends completes the subscription; an inbox goes on without it. */
  readonly endsWithLog: boolean
  /** Follows where the stream stands. */
  readonly place: StreamPlace
  readonly follow: (stream: EventStream) => Promise<unknown>
}

/**
 * A stream of a subscriber, taken item by item as they are asked for: nothing waits here. Once the token behind it has run
 * out nothing more comes, and it does not complete: whoever holds the connection closes it.
 */
export class SubscriptionSource implements AsyncIterableIterator<SourceItem, undefined, undefined> {
  readonly #options: SourceOptions
  readonly #stream: EventStream
  #woken = false
  #wake: (() => void) | undefined
  #done = false

  private constructor(options: SourceOptions) {
    const { parts, caller } = options
    this.#options = options
    this.#stream = parts.deliveries.open(requireSession(caller, parts).actor.userId, () => this.#ready())
    parts.meter.subscriptionOpened('graphql')
  }

  /** Rejects with the refusal of following. */
  static async open(options: SourceOptions): Promise<SubscriptionSource> {
    const source = new SubscriptionSource(options)
    try {
      await options.follow(source.#stream)
      return source
    } catch (error) {
      source.#close()
      throw error
    }
  }

  get place(): StreamPlace {
    return this.#options.place
  }

  async next(): Promise<IteratorResult<SourceItem, undefined>> {
    while (!this.#done) {
      this.#woken = false
      const item = this.#mayDeliver() ? this.#stream.take() : undefined
      if (item?.kind === 'ended') {
        if (this.#options.endsWithLog) this.#close()
      } else if (item !== undefined) {
        this.#options.place.passed(item)
        if (item.kind === 'event') this.#options.parts.meter.delivered('graphql', 1)
        return { value: item, done: false }
      } else if (!this.#woken) await this.#untilWoken()
    }
    return { value: undefined, done: true }
  }

  async return(): Promise<IteratorResult<SourceItem, undefined>> {
    this.#close()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close()
  }

  #mayDeliver(): boolean {
    const { session } = this.#options.caller
    return session !== undefined && session.tokenExpiresAt > this.#options.parts.clock.now()
  }

  #untilWoken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    return promise
  }

  #ready(): void {
    this.#woken = true
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #close(): void {
    if (this.#done) return
    this.#done = true
    this.#stream.close()
    this.#options.parts.meter.subscriptionClosed('graphql')
    this.#ready()
  }
}
