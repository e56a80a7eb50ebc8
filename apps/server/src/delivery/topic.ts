import type { Announcement, ConversationId, EventRows, LogEvent, MessageStore } from '@cpc-messenger/messenger'
import { RowCache } from './row-cache.ts'
import type { DeliveredEvent } from './stream-item.ts'

/** Events kept in memory for each conversation that somebody listens to. */
const ringSize = 256

/** Somebody who follows a conversation's log here. */
export interface Follower {
  /** The log has grown; before that its head was `from`. Called in the turn in which this node heard of it. */
  grown(topic: Topic, from: number): void
  /** An event that ended somebody's membership, or the conversation. */
  ended(topic: Topic, event: LogEvent): void
}

/**
 * What this node knows of one conversation's log: how far it goes, and its recent events with their rows. The events in
 * memory are without a hole, whatever the bus did; what is not among them is read from the store.
 */
export class Topic {
  readonly conversationId: ConversationId
  readonly followers = new Set<Follower>()
  readonly #rows = new RowCache()
  #head = 0
  #ring: LogEvent[] = []

  constructor(conversationId: ConversationId) {
    this.conversationId = conversationId
  }

  /** The highest sequence that this node has heard of. */
  get head(): number {
    return this.#head
  }

  hear({ events, rows }: Announcement): void {
    const last = events.at(-1)
    if (last === undefined) return
    const fresh = events.filter(event => event.sequence > this.#head)
    for (const event of fresh)
      if (event.type === 'MemberLeft' || event.type === 'ConversationDeleted')
        for (const follower of this.followers) follower.ended(this, event)
    this.#take(fresh, rows, last.sequence)
  }

  /** The store says that the log goes this far. */
  advance(head: number): void {
    this.#take([], { messages: [], memberships: [], conversations: [] }, head)
  }

  /** A page of the whole log, or of a part of it, read from the store when its head was `head`. */
  learn(events: readonly LogEvent[], rows: EventRows, head: number): void {
    const next = (this.#ring.at(-1)?.sequence ?? Number.POSITIVE_INFINITY) + 1
    this.#take(
      events.filter(event => event.sequence >= next),
      rows,
      head,
    )
  }

  /** The next event after a sequence, if it is in memory. */
  after(sequence: number): LogEvent | undefined {
    const first = this.#ring[0]?.sequence
    return first === undefined || sequence + 1 < first ? undefined : this.#ring[sequence + 1 - first]
  }

  resolve(event: LogEvent): DeliveredEvent | undefined {
    return this.#rows.resolve(event)
  }

  #take(events: readonly LogEvent[], rows: EventRows, head: number): void {
    const from = this.#head
    this.#head = Math.max(from, head)
    this.#remember(events)
    // Of events that are not here, nobody knows which rows they changed.
    if (this.#head > from && this.#ring.at(-1)?.sequence !== this.#head) this.#rows.clear()
    this.#rows.put(rows, head)
    if (this.#head > from) for (const follower of this.followers) follower.grown(this, from)
  }

  /** Appends what follows the newest remembered event; where a hole would come, begins anew after it. */
  #remember(events: readonly LogEvent[]): void {
    for (const event of events) {
      const newest = this.#ring.at(-1)?.sequence
      if (newest !== undefined && event.sequence <= newest) continue
      if (newest !== undefined && event.sequence !== newest + 1) this.#ring = []
      this.#ring.push(event)
    }
    if (this.#ring.length > 2 * ringSize) this.#ring = this.#ring.slice(-ringSize)
  }
}

/** Reads the heads of topics from the store, in sets, and tells those that lag. Answers how many did. */
export const compareHeads = async (topics: readonly Topic[], store: MessageStore): Promise<number> => {
  let behind = 0
  for (let start = 0; start < topics.length; start += 1000) {
    const set = new Map(topics.slice(start, start + 1000).map(topic => [topic.conversationId, topic]))
    for (const { conversationId, head } of await store.latest.heads([...set.keys()])) {
      const topic = set.get(conversationId)
      if (topic === undefined || head <= topic.head) continue
      behind += 1
      topic.advance(head)
    }
  }
  return behind
}
