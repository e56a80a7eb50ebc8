import type {
  Announcement,
  AnnouncementOrigin,
  ConversationId,
  FirstReactors,
  LogEvent,
  LogPage,
  Message,
  MessageId,
  ReactionSummary,
} from '@cpc-messenger/messenger'
import type { DeliveryWatch } from './delivery-watch.ts'
import type { ReadReactions } from './reaction-cache.ts'
import type { RecentMemory } from './recent-memory.ts'
import { eventBytes } from './row-bytes.ts'
import { RowCache } from './row-cache.ts'
import type { DeliveredEvent } from './stream-item.ts'

/** Events that are kept in memory for each topic. */
export const ringSize = 512
/** Further events before the ring is trimmed, so that it is not copied for each event. */
const ringSlack = 256

/** When a read for a topic's cache began. Rows of a read that began before an eviction are not cached. */
export interface ReadStart {
  readonly head: number
  readonly generation: number
}

/** A stream that follows a topic. */
export interface Follower {
  /** The log has grown; its head was `from` before. Called in the tick in which the topic receives the events. */
  grown(topic: Topic, from: number): void
  /** An event has ended a membership or the conversation. Called before `grown` reports the event. */
  ended(topic: Topic, event: LogEvent): void
}

/**
 * What this node holds in memory of one conversation's log: its head, and its recent events with their rows in their newest
 * version. The recent events have no gap, even if the bus loses, repeats or reorders announcements; earlier events are read
 * from the store.
 */
export class Topic {
  readonly conversationId: ConversationId
  readonly followers = new Set<Follower>()
  readonly #memory: RecentMemory
  readonly #watch: DeliveryWatch | undefined
  readonly #rows = new RowCache()
  #head = 0
  #confirmed = 0
  #gapUpTo = 0
  /** Evictions so far. */
  #generation = 0
  #closed = false
  #ring: LogEvent[] = []
  /** Callers of `whenReceived`. */
  #waiting: { readonly head: number; readonly resolve: (lost: false) => void }[] = []
  /** Events in memory with their rows, by sequence. Cleared when a row changes. */
  readonly #resolved = new Map<number, DeliveredEvent>()

  constructor(conversationId: ConversationId, memory: RecentMemory, watch?: DeliveryWatch) {
    this.conversationId = conversationId
    this.#memory = memory
    this.#watch = watch
  }

  /** The topic no longer receives announcements. */
  get closed(): boolean {
    return this.#closed
  }

  /** The highest sequence that this node has received or read. */
  get head(): number {
    return this.#head
  }

  /** The highest head that this node has committed or read from the store: the store must never have a lower head. */
  get confirmed(): number {
    return this.#confirmed
  }

  /** Every event after this sequence was received with its row. Events up to it may have been missed. */
  get gapUpTo(): number {
    return this.#gapUpTo
  }

  /** The events after this sequence are in memory. A row that was read at this head or later is the newest, unless one of these events is about it. */
  get bufferedAfter(): number {
    return (this.#ring[0]?.sequence ?? this.#head + 1) - 1
  }

  /** Events that were received before are ignored, because their rows may be old. */
  receive(announcement: Announcement, origin: AnnouncementOrigin): void {
    const { events, rows } = announcement
    if (origin === 'here') this.confirm(events.at(-1)?.sequence ?? 0)
    const fresh = events.filter(event => event.sequence > this.#head)
    const first = fresh[0]
    const last = fresh.at(-1)
    if (first === undefined || last === undefined) return
    this.#watch?.received(fresh, this.followers.size, announcement)
    if (first.sequence > this.#head + 1) this.#discardUpTo(first.sequence - 1)
    this.#ring.push(...fresh)
    this.#rows.receive(fresh, rows, last.sequence)
    // Messages of other events may quote what these events changed.
    if (fresh.some(({ type }) => type !== 'MessageCreated')) this.#resolved.clear()
    this.#trim()
    for (const event of fresh)
      if (event.type === 'MemberLeft' || event.type === 'ConversationDeleted')
        for (const follower of this.followers) follower.ended(this, event)
    // Nothing of a deleted conversation is delivered from memory.
    if (last.type === 'ConversationDeleted') this.evict()
    this.#grow(last.sequence, true)
    this.#accountMemory()
  }

  /** The store has this head. */
  confirm(head: number): void {
    this.#confirmed = Math.max(this.#confirmed, head)
  }

  /** The store has no events after this head: those that another node has announced are discarded. */
  retract(head: number): void {
    if (head >= this.#head) return
    this.#head = head
    this.#discardUpTo(head)
    this.#accountMemory()
  }

  /** The log has this head, but the events up to it were not received. */
  advance(head: number): void {
    if (head <= this.#head) return
    this.#discardUpTo(head)
    this.#accountMemory()
    this.#grow(head, false)
  }

  /** Resolves once the events up to this head are received. Never resolves if the topic gets there by `advance`. */
  whenReceived(head: number): Promise<false> {
    return new Promise(resolve => this.#waiting.push({ head, resolve }))
  }

  /**
   * Adds events that were read from the store before those in memory. Returns whether they were added. A page that was read
   * at a head that the topic has not received is not added: its rows may be newer than the end of a viewer's membership.
   */
  prependBacklog({ events, rows, head }: LogPage): boolean {
    const earlier = events.filter(event => event.sequence <= this.bufferedAfter)
    if (head > this.#head || earlier.at(-1)?.sequence !== this.bufferedAfter) return false
    this.#ring = [...earlier, ...this.#ring]
    this.#rows.put(rows, head)
    this.#resolved.clear()
    this.#accountMemory()
    return true
  }

  /** There are events in memory. */
  get hasEvents(): boolean {
    return this.#ring.length > 0
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
    const resolved = this.#rows.resolve(event, this.#head)
    if (resolved !== undefined && event.type !== 'ConversationUpdated' && sequence > this.bufferedAfter)
      this.#resolved.set(sequence, resolved)
    return resolved
  }

  /** Like `resolve`, with the row as it was at this sequence; undefined if the row has changed since, or may have. */
  resolveAsOf(event: LogEvent, sequence: number): DeliveredEvent | undefined {
    return this.isUnchangedSince(event, sequence) ? this.#rows.resolveAsOf(event, sequence) : undefined
  }

  /** Whether certainly no event after this sequence has changed the message or membership that `event` is about. */
  isUnchangedSince(event: LogEvent, sequence: number): boolean {
    if (sequence < this.bufferedAfter) return false
    return !this.#ring.some(later => later.sequence > sequence && haveSameSubject(event, later))
  }

  /** The newest version, if it is in memory. */
  message(id: MessageId): Message | undefined {
    return this.#rows.message(id)
  }

  /** The reactions to a message, if they are in memory. */
  reactions(id: MessageId): readonly ReactionSummary[] | undefined {
    return this.#rows.reactions(id)
  }

  /** The first users of each emoji, if they are in memory. */
  reactors(id: MessageId): readonly FirstReactors[] | undefined {
    return this.#rows.reactors(id)
  }

  /** Call it before reading rows for the cache. */
  beginRead(): ReadStart {
    return { head: this.#head, generation: this.#generation }
  }

  /** Caches a message of this conversation, unless a newer version may have been received and evicted since `start`. */
  keepMessage(message: Message, start: ReadStart): void {
    if (!this.#hasEverythingSince(start)) return
    this.#rows.put({ messages: [message], memberships: [], conversations: [] }, start.head)
    this.#accountMemory()
  }

  /** Caches reactions that were read while this was the newest version of the message. */
  keepReactions(message: Message, read: ReadReactions, start: ReadStart): void {
    if (!this.#hasEverythingSince(start)) return
    this.#rows.putReactions(message, read)
    this.#accountMemory()
  }

  /** Clears its memory. It receives no further announcements. */
  close(): void {
    this.#closed = true
    this.evict()
  }

  /** Discards events and rows, and continues to receive. */
  evict(): void {
    this.#clear()
    this.#accountMemory()
  }

  /** Every row that was received since is still in memory. */
  #hasEverythingSince({ head, generation }: ReadStart): boolean {
    return !this.#closed && generation === this.#generation && head >= this.bufferedAfter
  }

  #discardUpTo(gapUpTo: number): void {
    this.#gapUpTo = gapUpTo
    this.#clear()
  }

  #clear(): void {
    this.#generation += 1
    this.#ring = []
    this.#rows.clear()
    this.#resolved.clear()
  }

  #trim(): void {
    if (this.#ring.length <= ringSize + ringSlack) return
    this.#ring = this.#ring.slice(-ringSize)
    this.#rows.trim(this.#ring[0]?.sequence ?? 0)
    this.#resolved.clear()
  }

  #grow(head: number, received: boolean): void {
    const from = this.#head
    this.#head = head
    for (const follower of this.followers) follower.grown(this, from)
    if (this.#waiting.length === 0) return
    const due = this.#waiting.filter(waiting => waiting.head <= head)
    this.#waiting = this.#waiting.filter(waiting => waiting.head > head)
    if (received) for (const { resolve } of due) resolve(false)
  }

  #accountMemory(): void {
    this.#memory.use(this, this.#ring.length * eventBytes + this.#rows.bytes)
  }
}

const haveSameSubject = (one: LogEvent, other: LogEvent): boolean =>
  ('messageId' in one && 'messageId' in other && one.messageId === other.messageId) ||
  ('membershipId' in one && 'membershipId' in other && one.membershipId === other.membershipId)
