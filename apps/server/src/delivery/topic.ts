import type { Announcement, ConversationId, LogEvent } from '@cpc-messenger/messenger'
import { HeardRows } from './heard-rows.ts'
import type { DeliveredEvent } from './stream-item.ts'

/** Events kept in memory for each conversation that somebody listens to. */
const ringSize = 256

/** Somebody who follows a conversation's log here. */
export interface Follower {
  /** The log has grown; before that its head was `from`. Called in the turn in which this node heard of it. */
  grown(topic: Topic, from: number): void
  /** An event that ended somebody's membership, or the conversation. Called before the log is told to have grown by it. */
  ended(topic: Topic, event: LogEvent): void
}

/**
 * What this node has heard of one conversation's log: how far it goes, and its recent events with their rows in their
 * newest version. Those are without a hole, whatever the bus did; what is not among them is read from the store.
 */
export class Topic {
  readonly conversationId: ConversationId
  readonly followers = new Set<Follower>()
  readonly #rows = new HeardRows()
  #head = 0
  #unheard = 0
  #ring: LogEvent[] = []
  /** By sequence, of the events in memory, since their rows changed last. */
  readonly #resolved = new Map<number, DeliveredEvent>()

  constructor(conversationId: ConversationId) {
    this.conversationId = conversationId
  }

  /** The highest sequence that this node knows of. */
  get head(): number {
    return this.#head
  }

  /** Every event after this one was heard when it came, with its row; what this one and those before it did may be unknown. */
  get unheard(): number {
    return this.#unheard
  }

  /** Rows read at this head or later are the newest, but for those of the events in memory. */
  get rememberedFrom(): number {
    return (this.#ring[0]?.sequence ?? this.#head + 1) - 1
  }

  /** What comes late or again is let go: its rows may be old. */
  hear({ events, rows }: Announcement): void {
    const fresh = events.filter(event => event.sequence > this.#head)
    const first = fresh[0]
    const last = fresh.at(-1)
    if (first === undefined || last === undefined) return
    if (first.sequence > this.#head + 1) this.#forget(first.sequence - 1)
    this.#ring.push(...fresh)
    if (this.#rows.put(rows, last.sequence)) this.#resolved.clear()
    this.#trim()
    for (const event of fresh)
      if (event.type === 'MemberLeft' || event.type === 'ConversationDeleted')
        for (const follower of this.followers) follower.ended(this, event)
    this.#grow(last.sequence)
  }

  /** The store says that the log goes this far, and this node has not heard how. */
  advance(head: number): void {
    if (head <= this.#head) return
    this.#forget(head)
    this.#grow(head)
  }

  /** The next event after a sequence, if it is in memory. */
  after(sequence: number): LogEvent | undefined {
    const first = this.#ring[0]?.sequence
    return first === undefined || sequence + 1 < first ? undefined : this.#ring[sequence + 1 - first]
  }

  resolve(event: LogEvent): DeliveredEvent | undefined {
    const { sequence } = event
    const known = this.#resolved.get(sequence)
    if (known !== undefined) return known
    const resolved = this.#rows.resolve(event)
    if (resolved !== undefined && sequence > this.rememberedFrom) this.#resolved.set(sequence, resolved)
    return resolved
  }

  #forget(unheard: number): void {
    this.#unheard = unheard
    this.#ring = []
    this.#rows.clear()
    this.#resolved.clear()
  }

  #trim(): void {
    if (this.#ring.length <= 2 * ringSize) return
    this.#ring = this.#ring.slice(-ringSize)
    this.#rows.trim(this.#ring[0]?.sequence ?? 0)
  }

  #grow(head: number): void {
    const from = this.#head
    this.#head = head
    for (const follower of this.followers) follower.grown(this, from)
  }
}
