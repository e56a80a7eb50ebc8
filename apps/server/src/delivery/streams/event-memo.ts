import type { DeliveredEvent } from '../log/stream-item.ts'

/** Only messages have a version. The kind of content is included, so that a deleted message is always another version. */
const versionOf = ({ message, membership, conversation }: DeliveredEvent): string =>
  message === undefined
    ? JSON.stringify(membership ?? conversation)
    : `${message.changedSequence} ${message.version} ${message.content.kind}`

/** Equal if the event and the version of its row are equal. */
const textOf = (delivered: DeliveredEvent): string =>
  `${delivered.event.conversationId} ${delivered.event.sequence} ${versionOf(delivered)}`

/**
 * Values computed from events, such as encoded frames, for all subscribers that get an event at about the same time.
 * Subscribers that get it from memory have the same event object until a row changes. Subscribers that get it from their
 * own pages share, for one tick of the event loop, the value of the same version of its row. So a cached value never shows
 * deleted content.
 */
export class EventMemo<Value> {
  readonly #keptMs: number
  readonly #byEvent = new Map<DeliveredEvent, Value>()
  readonly #byText = new Map<string, Value>()
  #lastEvent: DeliveredEvent | undefined
  #lastValue: Value | undefined

  /** Without `keptMs`, values are kept for one tick of the event loop. */
  constructor(keptMs = 0) {
    this.#keptMs = keptMs
  }

  find(event: DeliveredEvent): Value | undefined {
    if (event === this.#lastEvent) return this.#lastValue
    const known = this.#byEvent.get(event) ?? this.#byText.get(textOf(event))
    if (known === undefined) return undefined
    this.#cache(event, known)
    return known
  }

  keep(event: DeliveredEvent, value: Value): Value {
    if (this.#byText.size === 0) setImmediate(() => this.#byText.clear())
    this.#byText.set(textOf(event), value)
    this.#cache(event, value)
    return value
  }

  #cache(event: DeliveredEvent, value: Value): void {
    if (this.#byEvent.size === 0) this.#clearLater()
    this.#byEvent.set(event, value)
    this.#lastEvent = event
    this.#lastValue = value
  }

  #clearLater(): void {
    if (this.#keptMs === 0) setImmediate(() => this.#clear())
    else setTimeout(() => this.#clear(), this.#keptMs).unref()
  }

  #clear(): void {
    this.#byEvent.clear()
    this.#lastEvent = undefined
    this.#lastValue = undefined
  }
}
