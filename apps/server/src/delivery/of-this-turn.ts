import type { LogEvent } from '@cpc-messenger/messenger'
import type { DeliveredEvent } from './stream-item.ts'

interface Made<Value> {
  readonly row: object | undefined
  readonly value: Value
}

const rowOf = ({ message, membership, conversation }: DeliveredEvent): object | undefined =>
  message ?? membership ?? conversation

/** Only messages know their version. That a deleted one is another is certain even so. */
const versionOf = ({ message, ...delivered }: DeliveredEvent): string =>
  message === undefined
    ? JSON.stringify(rowOf(delivered))
    : `${message.changedSequence} ${message.version} ${message.content.kind}`

/** Equal where the event and the version of its row are. */
const textOf = (delivered: DeliveredEvent): string =>
  `${delivered.event.conversationId} ${delivered.event.sequence} ${versionOf(delivered)}`

/**
 * What is made of events, for all who are sent them in one turn of the event loop, from wherever they have them: memory, or
 * pages of their own. It is not kept longer: what was made of an older row could bring back what was deleted meanwhile.
 */
export class OfThisTurn<Value> {
  readonly #byEvent = new Map<LogEvent, Made<Value>>()
  readonly #byText = new Map<string, Made<Value>>()

  of(delivered: DeliveredEvent, make: () => Value): Value {
    const row = rowOf(delivered)
    const known = this.#byEvent.get(delivered.event)
    if (known !== undefined && known.row === row) return known.value
    if (this.#byEvent.size === 0) setImmediate(() => this.#clear())
    const text = textOf(delivered)
    const value = this.#byText.get(text)?.value ?? make()
    const made = { row, value }
    this.#byEvent.set(delivered.event, made)
    this.#byText.set(text, made)
    return value
  }

  #clear(): void {
    this.#byEvent.clear()
    this.#byText.clear()
  }
}
