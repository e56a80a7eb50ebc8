import type { Announcement, Clock, LogEvent } from '@cpc-messenger/messenger'
import type { Meter } from '../../services/telemetry/meter.ts'
import type { Span, Tracer } from '../../services/telemetry/tracer.ts'

/** A span ends after this time at the latest, because followers that filter events never take all of them. */
const maxMs = 2000
/** Most spans that are open at the same time. */
const maxOpen = 10_000

interface DeliveryWatchDependencies {
  readonly meter: Pick<Meter, 'fannedOut' | 'deliveredAfter'>
  readonly tracer?: Tracer | undefined
  readonly clock: Clock
}

/** The span from receiving events until all followers of their log have taken them. */
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

  /** Returns whether all followers have taken all events. */
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

/** Counts the events that this node receives and delivers, and measures how long delivery takes. */
export class DeliveryWatch {
  readonly #dependencies: DeliveryWatchDependencies
  readonly #open = new Map<LogEvent, OpenDelivery>()
  /** The time of this tick of the event loop. Reading the clock for each of thousands of deliveries would be most of the cost. */
  #tickAt: number | undefined
  readonly #endTick = (): void => {
    this.#tickAt = undefined
  }

  constructor(dependencies: DeliveryWatchDependencies) {
    this.#dependencies = dependencies
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.#dependencies.clock.now()
  }

  /** A topic has received new events. Called before its followers can take them. */
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

  /** A stream that was opened at `openedAt` takes an event. Events from before that are replayed and are not measured. */
  taken(event: LogEvent, openedAt: number): void {
    const { occurredAt } = event
    if (occurredAt < openedAt) return
    const now = this.#tickAt ?? this.#beginTick()
    this.#dependencies.meter.deliveredAfter((now - occurredAt) / 1000)
    if (this.#open.size > 0) this.#count(event)
  }

  #beginTick(): number {
    setImmediate(this.#endTick)
    this.#tickAt = this.now()
    return this.#tickAt
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
