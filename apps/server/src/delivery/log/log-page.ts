import type { LogEvent, LogPage as StoredPage } from '@cpc-messenger/messenger'
import { RowCache } from './row-cache.ts'
import type { DeliveredEvent } from './stream-item.ts'
import type { Topic } from './topic.ts'

/** A page of a log as it was read from the store, with its rows as they stood then. */
export class LogPage {
  /** The log's head when it was read. */
  readonly head: number
  /** After its events, the log held nothing for their reader up to here. */
  readonly end: number
  readonly #events: readonly LogEvent[]
  readonly #rows = new RowCache()
  #index = 0

  constructor({ events, rows, head }: StoredPage, limit: number) {
    this.head = head
    this.end = events.length < limit ? head : (events.at(-1)?.sequence ?? head)
    this.#events = events
    this.#rows.put(rows, head)
  }

  /** The next event after a sequence; asked for in rising order. */
  after(sequence: number): LogEvent | undefined {
    while (this.#index < this.#events.length) {
      const event = this.#events[this.#index]
      if (event !== undefined && event.sequence > sequence) return event
      this.#index += 1
    }
    return undefined
  }

  /** The event with its row in its newest version: what the topic has heard since the reading is newer than the page. */
  resolve(event: LogEvent, topic: Topic): DeliveredEvent | undefined {
    return topic.resolve(event) ?? this.#rows.resolve(event, this.head)
  }

  /** As `resolve`, with the row as it stood at this event; undefined where it has changed since. */
  resolveAsOf(event: LogEvent, topic: Topic, { sequence }: LogEvent): DeliveredEvent | undefined {
    return topic.isUnchangedSince(event, sequence) ? this.#rows.resolveAsOf(event, sequence) : undefined
  }
}
