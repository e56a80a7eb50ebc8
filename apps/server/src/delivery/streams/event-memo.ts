import type { DeliveredEvent } from '../log/stream-item.ts'

/** Only messages know their version. That a deleted one is another is certain even so. */
const versionOf = ({ message, membership, conversation }: DeliveredEvent): string =>
  message === undefined
    ? JSON.stringify(membership ?? conversation)
    : `${message.changedSequence} ${message.version} ${message.content.kind}`

/** Equal where the event and the version of its row are. */
const textOf = (delivered: DeliveredEvent): string =>
  `${delivered.event.conversationId} ${delivered.event.sequence} ${versionOf(delivered)}`

/**
 * What is made of events for all who are sent them at about one time. Those who have an event from memory have the same
 * object, until anything that was known may have changed; those who have it from pages of their own share for one turn of
 * the event loop what is made of the same version of its row. So nothing brings back what was deleted.
 */
export class EventMemo<Value> {
  readonly #keptMs: number
  readonly #byEvent = new Map<DeliveredEvent, Value>()
  readonly #byText = new Map<string, Value>()
  #lastEvent: DeliveredEvent | undefined
  #lastValue: Value | undefined

  /** Without `keptMs`, everything is kept for one turn of the event loop. */
  constructor(keptMs = 0) {
    this.#keptMs = keptMs
  }

  find(event: DeliveredEvent): Value | undefined {
    if (event === this.#lastEvent) return this.#lastValue
    const known = this.#byEvent.get(event) ?? this.#byText.get(textOf(event))
    if (known === undefined) return undefined
    this.#remember(event, known)
    return known
  }

  keep(event: DeliveredEvent, value: Value): Value {
    if (this.#byText.size === 0) setImmediate(() => this.#byText.clear())
    this.#byText.set(textOf(event), value)
    this.#remember(event, value)
    return value
  }

  #remember(event: DeliveredEvent, value: Value): void {
    if (this.#byEvent.size === 0) this.#forgetLater()
    this.#byEvent.set(event, value)
    this.#lastEvent = event
    this.#lastValue = value
  }

  #forgetLater(): void {
    if (this.#keptMs === 0) setImmediate(() => this.#forget())
    else setTimeout(() => this.#forget(), this.#keptMs).unref()
  }

  #forget(): void {
    this.#byEvent.clear()
    this.#lastEvent = undefined
    this.#lastValue = undefined
  }
}
