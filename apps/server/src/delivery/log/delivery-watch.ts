import type { Announcement, Clock, LogEvent } from '@cpc-messenger/messenger'
import type { Meter } from '../../services/telemetry/meter.ts'
import type { Span, Tracer } from '../../services/telemetry/tracer.ts'

/** A span ends then at the latest: followers who want only some events never take the others. */
const maxMs = 2000
/** Spans that stand open at once. */
const maxOpen = 10_000

export interface DeliveryWatchDependencies {
  readonly meter: Pick<Meter, 'fannedOut' | 'deliveredAfter'>
  readonly tracer?: Tracer | undefined
  readonly clock: Clock
}

/** From when this node heard of events until all who follow their log here have taken them. */
class OpenDelivery {
  readonly events: readonly LogEvent[]
  readonly #span: Span
  readonly #expected: number
  #handed = 0
  #lastAt: number
  readonly timer: NodeJS.Timeout

  constructor(span: Span, events: readonly LogEvent[], followers: number, now: number, onLate: () => void) {
    this.#span = span
    this.events = events
    this.#expected = events.length * followers
    this.#lastAt = now
    this.timer = setTimeout(onLate, maxMs).unref()
  }

  /** Answers whether all have taken all. */
  taken(now: number): boolean {
    this.#handed += 1
    this.#lastAt = now
    return this.#handed >= this.#expected
  }

  end(): void {
    clearTimeout(this.timer)
    this.#span.set({ 'messenger.handed': this.#handed })
    this.#span.end('OK', this.#lastAt)
  }
}

/** Sees what this node hears of and what its subscribers take of it, and tells how many and how fast. */
export class DeliveryWatch {
  readonly #dependencies: DeliveryWatchDependencies
  readonly #open = new Map<LogEvent, OpenDelivery>()
  /** Of this turn of the event loop: looking at the clock for each of thousands of deliveries would be most of the cost. */
  #turnAt: number | undefined
  readonly #turnIsOver = (): void => {
    this.#turnAt = undefined
  }

  constructor(dependencies: DeliveryWatchDependencies) {
    this.#dependencies = dependencies
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.#dependencies.clock.now()
  }

  /** A log has grown by these events, which are new here, and so many follow it. Called before they can take them. */
  received(events: readonly LogEvent[], followers: number, { conversationId, trace }: Announcement): void {
    this.#dependencies.meter.fannedOut(followers, events.length)
    const { tracer } = this.#dependencies
    if (tracer === undefined || trace === undefined || followers === 0 || this.#open.size >= maxOpen) return
    const attributes = {
      'messenger.conversation.id': conversationId,
      'messenger.events': events.length,
      'messenger.followers': followers,
    }
    const span = tracer.begin('deliver', { kind: 'consumer', parent: trace, attributes })
    if (span === undefined) return
    const delivery: OpenDelivery = new OpenDelivery(span, events, followers, this.now(), () => this.#end(delivery))
    for (const event of events) this.#open.set(event, delivery)
  }

  /** A subscriber whose stream was opened at `openedAt` takes an event. What happened before that is replayed, not late. */
  taken(event: LogEvent, openedAt: number): void {
    const { occurredAt } = event
    if (occurredAt < openedAt) return
    const now = this.#turnAt ?? this.#beginTurn()
    this.#dependencies.meter.deliveredAfter((now - occurredAt) / 1000)
    if (this.#open.size > 0) this.#count(event)
  }

  #beginTurn(): number {
    setImmediate(this.#turnIsOver)
    this.#turnAt = this.now()
    return this.#turnAt
  }

  #count(event: LogEvent): void {
    const delivery = this.#open.get(event)
    if (delivery?.taken(this.now()) === true) this.#end(delivery)
  }

  #end(delivery: OpenDelivery): void {
    for (const event of delivery.events) this.#open.delete(event)
    delivery.end()
  }
}
