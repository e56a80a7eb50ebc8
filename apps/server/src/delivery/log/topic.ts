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

/** Events kept in memory for each conversation that somebody listens to, or did a moment ago. */
export const ringSize = 512
/** Events beyond those, so that the ring is not cut for each. */
const ringSlack = 256

/** When a read of rows for this topic's memory began. Rows of a read that began before an eviction are not stored. */
export interface ReadStart {
  readonly head: number
  readonly generation: number
}

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
  /** Who wait for the log to be heard up to here. */
  #waiting: { readonly head: number; readonly resolve: (lost: false) => void }[] = []
  /** By sequence, of the events in memory, since their rows changed last. */
  readonly #resolved = new Map<number, DeliveredEvent>()

  constructor(conversationId: ConversationId, memory: RecentMemory, watch?: DeliveryWatch) {
    this.conversationId = conversationId
    this.#memory = memory
    this.#watch = watch
  }

  /** This node no longer listens to the conversation: what happens in it is not heard here. */
  get closed(): boolean {
    return this.#closed
  }

  /** The highest sequence that this node knows of. */
  get head(): number {
    return this.#head
  }

  /** The highest head that this node has committed itself or read from the store: the store must never have a lower one. */
  get confirmed(): number {
    return this.#confirmed
  }

  /** Every event after this one was heard when it came, with its row; what this one and those before it did may be unknown. */
  get gapUpTo(): number {
    return this.#gapUpTo
  }

  /** Events after this one are in memory. Rows read at this head or later are the newest, but for those of these events. */
  get bufferedAfter(): number {
    return (this.#ring[0]?.sequence ?? this.#head + 1) - 1
  }

  /** What comes late or again is let go: its rows may be old. */
  receive(announcement: Announcement, origin: AnnouncementOrigin): void {
    const { events, rows } = announcement
    if (origin === 'here') this.confirm(events.at(-1)?.sequence ?? 0)
    const fresh = events.filter(event => event.sequence > this.#head)
    const first = fresh[0]
    const last = fresh.at(-1)
    if (first === undefined || last === undefined) return
    this.#watch?.received(fresh, this.followers.size, announcement)
    if (first.sequence > this.#head + 1) this.#forget(first.sequence - 1)
    this.#ring.push(...fresh)
    this.#rows.receive(fresh, rows, last.sequence)
    // Answers about other events may quote what these changed.
    if (fresh.some(({ type }) => type !== 'MessageCreated')) this.#resolved.clear()
    this.#trim()
    for (const event of fresh)
      if (event.type === 'MemberLeft' || event.type === 'ConversationDeleted')
        for (const follower of this.followers) follower.ended(this, event)
    // What ends all that there was is not read from memory.
    if (last.type === 'ConversationDeleted') this.evict()
    this.#grow(last.sequence, true)
    this.#keep()
  }

  /** The store has this head. */
  confirm(head: number): void {
    this.#confirmed = Math.max(this.#confirmed, head)
  }

  /** The store does not have what another node has announced beyond this head: it is forgotten. */
  retract(head: number): void {
    if (head >= this.#head) return
    this.#head = head
    this.#forget(head)
    this.#keep()
  }

  /** The log is said to go this far, and this node has not heard how. */
  advance(head: number): void {
    if (head <= this.#head) return
    this.#forget(head)
    this.#keep()
    this.#grow(head, false)
  }

  /** Resolves once the log was heard up to here; never where it goes this far by `advance`. */
  whenReceived(head: number): Promise<false> {
    return new Promise(resolve => this.#waiting.push({ head, resolve }))
  }

  /**
   * Takes up events that were read from the store again; answers whether they join those in memory. What was read at a
   * head that this node has not heard of does not: rows may be newer than the end of somebody's membership.
   */
  prependBacklog({ events, rows, head }: LogPage): boolean {
    const earlier = events.filter(event => event.sequence <= this.bufferedAfter)
    if (head > this.#head || earlier.at(-1)?.sequence !== this.bufferedAfter) return false
    this.#ring = [...earlier, ...this.#ring]
    this.#rows.put(rows, head)
    this.#resolved.clear()
    this.#keep()
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

  /** As `resolve`, with the row as it stood at this sequence; undefined where it has changed since, or may have. */
  resolveAsOf(event: LogEvent, sequence: number): DeliveredEvent | undefined {
    return this.isUnchangedSince(event, sequence) ? this.#rows.resolveAsOf(event, sequence) : undefined
  }

  /** Whether it is known that no event after this sequence has changed the message or membership that an event is about. */
  isUnchangedSince(event: LogEvent, sequence: number): boolean {
    if (sequence < this.bufferedAfter) return false
    return !this.#ring.some(later => later.sequence > sequence && haveOneSubject(event, later))
  }

  /** In its newest version, if it is in memory. */
  message(id: MessageId): Message | undefined {
    return this.#rows.message(id)
  }

  /** The reactions to a message in memory; undefined where they are not known. */
  reactions(id: MessageId): readonly ReactionSummary[] | undefined {
    return this.#rows.reactions(id)
  }

  /** As `reactions`, who put them first. */
  reactors(id: MessageId): readonly FirstReactors[] | undefined {
    return this.#rows.reactors(id)
  }

  /** Call it before reading rows that are to be stored here. */
  beginRead(): ReadStart {
    return { head: this.#head, generation: this.#generation }
  }

  /** Stores a message of this conversation, unless a newer version of it may have been heard and evicted since `start`. */
  keepMessage(message: Message, start: ReadStart): void {
    if (!this.#remembersSince(start)) return
    this.#rows.put({ messages: [message], memberships: [], conversations: [] }, start.head)
    this.#keep()
  }

  /** Stores reactions that were read while this was the newest version of the message. */
  keepReactions(message: Message, read: ReadReactions, start: ReadStart): void {
    if (!this.#remembersSince(start)) return
    this.#rows.putReactions(message, read)
    this.#keep()
  }

  /** Clears its memory. It receives no further announcements. */
  close(): void {
    this.#closed = true
    this.evict()
  }

  /** Forgets events and rows, and goes on listening. */
  evict(): void {
    this.#clear()
    this.#keep()
  }

  /** Every row that was heard since is still here. */
  #remembersSince({ head, generation }: ReadStart): boolean {
    return !this.#closed && generation === this.#generation && head >= this.bufferedAfter
  }

  #forget(gapUpTo: number): void {
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

  #keep(): void {
    this.#memory.keep(this, this.#ring.length * eventBytes + this.#rows.bytes)
  }
}

const haveOneSubject = (one: LogEvent, other: LogEvent): boolean =>
  ('messageId' in one && 'messageId' in other && one.messageId === other.messageId) ||
  ('membershipId' in one && 'membershipId' in other && one.membershipId === other.membershipId)
