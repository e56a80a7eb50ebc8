import type { LogEvent, LogPage } from '@cpc-messenger/messenger'
import { RowCache } from './row-cache.ts'
import type { DeliveredEvent } from './stream-item.ts'
import type { Topic } from './topic.ts'

/** A page of a log that was read from the store, with its rows at that moment. */
export class BacklogPage {
  /** The head when the page was read. */
  readonly head: number
  /** After the page's events, the log has nothing for this reader up to this sequence. */
  readonly end: number
  readonly #events: readonly LogEvent[]
  readonly #rows = new RowCache()
  #index = 0

  constructor({ events, rows, head }: LogPage, limit: number) {
    this.head = head
    this.end = events.length < limit ? head : (events.at(-1)?.sequence ?? head)
    this.#events = events
    this.#rows.put(rows, head)
  }

  /** The next event after a sequence. Call it with increasing sequences. */
  after(sequence: number): LogEvent | undefined {
    while (this.#index < this.#events.length) {
      const event = this.#events[this.#index]
      if (event !== undefined && event.sequence > sequence) return event
      this.#index += 1
    }
    return undefined
  }

  /** The event with its newest row: the topic's row is newer than that of the page. */
  resolve(event: LogEvent, topic: Topic): DeliveredEvent | undefined {
    return topic.resolve(event) ?? this.#rows.resolve(event, this.head)
  }

  /** Like `resolve`, with the row as it was at this event; undefined if the row has changed since. */
  resolveAsOf(event: LogEvent, topic: Topic, { sequence }: LogEvent): DeliveredEvent | undefined {
    return topic.isUnchangedSince(event, sequence) ? this.#rows.resolveAsOf(event, sequence) : undefined
  }
}
