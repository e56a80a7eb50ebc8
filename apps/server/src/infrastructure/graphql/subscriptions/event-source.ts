import type { EventStream } from '../../../delivery/streams/event-stream.ts'
import type { Meter } from '../../../services/telemetry/meter.ts'
import type { Caller } from '../operations/caller.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import { requireSession } from '../operations/operation-context.ts'
import { ResumePosition } from './resume-position.ts'
import { type SourceItem, SubscriptionSource } from './subscription-source.ts'

interface EventSourceOptions {
  readonly dependencies: GraphQLDependencies
  readonly caller: Caller
  /** The end of the log completes the subscription; an inbox continues. */
  readonly endsWithLog: boolean
  readonly follow: (stream: EventStream) => Promise<unknown>
}

/** The items of a subscription to logs. */
export class EventSource extends SubscriptionSource {
  readonly delivery = 'open'
  /** Undefined if the transport does not send resume positions. */
  readonly #place: ResumePosition | undefined
  readonly #stream: EventStream
  readonly #meter: Meter
  readonly #endsWithLog: boolean

  private constructor({ dependencies, caller, endsWithLog }: EventSourceOptions) {
    super(dependencies.meter)
    this.#place = caller.keepsPlace ? new ResumePosition(dependencies.store.epoch) : undefined
    this.#meter = dependencies.meter
    this.#endsWithLog = endsWithLog
    this.#stream = dependencies.subscriptionService.open(requireSession(caller, dependencies).actor.userId, this)
  }

  /** Rejects if the subscription is refused. */
  static async open(options: EventSourceOptions): Promise<EventSource> {
    const source = new EventSource(options)
    try {
      await options.follow(source.#stream)
      return source
    } catch (error) {
      source.close()
      throw error
    }
  }

  get place(): string | undefined {
    return this.#place?.text
  }

  get memberUpTo(): number {
    return this.#stream.memberUpTo
  }

  take(): SourceItem | undefined {
    while (!this.ended) {
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

  passed(item: SourceItem): void {
    if (item.kind !== 'signal') this.#place?.handedOn(item)
    if (item.kind === 'event') this.#meter.delivered('graphql', 1)
  }

  protected closeStream(): void {
    this.#stream.close()
  }
}
