import { type LogEvent, type LogFilter, passesFilter, type UserId } from '@cpc-messenger/messenger'
import { BacklogPage } from './backlog-page.ts'
import type { Logs } from './logs.ts'
import type { DeliveredEvent } from './stream-item.ts'
import type { Topic } from './topic.ts'

const pageSize = 100
const retryMs = 500

export interface CursorStart {
  /** The last sequence that the subscriber has. */
  readonly position: number
  /** The head at which the viewer's membership was read. Ends of earlier memberships, up to this sequence, are ignored. */
  readonly provedAt: number
  /** Whether the viewer was a member then. Otherwise nothing is delivered before a read proves a membership. */
  readonly member: boolean
  /** Whether the viewer may see the events between the position and the end of the membership. Otherwise only the end is delivered. */
  readonly wasMember: boolean
  readonly viewerId: UserId
  /** Only these events, and the end of the membership. */
  readonly filter?: LogFilter
}

export interface CursorOwner {
  /** A page that `take` has requested is loaded. */
  pageLoaded(cursor: Cursor): void
}

/**
 * A subscriber's position in one log. Live delivery, resuming and falling behind are the same code: the next event comes
 * from memory if it is there, and otherwise from the store.
 */
export class Cursor {
  readonly topic: Topic
  readonly #logs: Logs
  readonly #owner: CursorOwner
  readonly #start: CursorStart
  #position: number
  /** Ends of the viewer's membership up to this sequence are ignored: the viewer has joined again since. */
  #ignoredEndsUpTo: number
  /** The head at which the viewer's membership was last proved; undefined before the first proof. */
  #provedAt: number | undefined
  #wasMember: boolean
  #page: BacklogPage | undefined
  #reading = false
  /** The position for which the backlog was last loaded into the topic. */
  #backlogLoadedAt: number | undefined
  #closed = false
  /** The event that ended the viewer's membership, as it was received. */
  #ending: LogEvent | undefined
  #ended = false

  constructor(logs: Logs, topic: Topic, start: CursorStart, owner: CursorOwner) {
    this.topic = topic
    this.#logs = logs
    this.#owner = owner
    this.#start = start
    this.#position = start.position
    this.#ignoredEndsUpTo = start.provedAt
    this.#provedAt = start.member ? start.provedAt : undefined
    this.#wasMember = start.wasMember
  }

  /** The last sequence that was delivered or filtered out. */
  get position(): number {
    return this.#position
  }

  /** The membership has ended: nothing more is delivered. */
  get ended(): boolean {
    return this.#ended
  }

  /** A page is being read from the store. */
  get reading(): boolean {
    return this.#reading
  }

  /** The viewer is known to be a member at this sequence, and so may see everything up to it. */
  get memberUpTo(): number {
    if (this.#ending !== undefined) return this.#ending.sequence - 1
    return Math.max(this.#provedAt ?? 0, this.topic.head)
  }

  /** Everything is taken, and nothing is being read. */
  get atHead(): boolean {
    return this.#isProved && this.#position >= this.topic.head && !this.#reading
  }

  /** An event has ended a membership or the conversation. Ignored unless it concerns the viewer. */
  endWith(event: LogEvent): void {
    if (!this.#concernsViewer(event)) return
    if (this.#provedAt === undefined || this.#ending === undefined) this.#ending = event
  }

  /** Returns the next event if it is in memory; otherwise begins to read it from the store. */
  take(): DeliveredEvent | undefined {
    if (this.#ended || this.#reading) return undefined
    if (this.#isProved && this.#ending !== undefined) return this.#takeBeforeEnd(this.#ending)
    while (this.#isProved && this.#position < this.topic.head) {
      const event = this.#nextInMemory()
      if (event === undefined) break
      if (this.#concernsViewer(event)) return this.#finish(event)
      if (!this.#wants(event)) {
        this.#position = event.sequence
        continue
      }
      const delivered = this.#page === undefined ? this.topic.resolve(event) : this.#page.resolve(event, this.topic)
      if (delivered === undefined && this.#page === undefined) break
      this.#position = event.sequence
      if (delivered !== undefined) return delivered
      this.#logs.log.error({ event }, 'an event was skipped: its row is not in the store')
    }
    if (!this.#isProved || this.#position < this.topic.head) this.#read()
    return undefined
  }

  close(): void {
    this.#closed = true
  }

  /**
   * Events before the end of the membership are delivered first if they are in memory and their rows have not changed after
   * the end. They are not read from the store, which has only the current rows: the viewer may not see those.
   */
  #takeBeforeEnd(end: LogEvent): DeliveredEvent | undefined {
    while (this.#wasMember && end.type === 'MemberLeft') {
      const event = this.#nextInMemory()
      if (event === undefined || event.sequence >= end.sequence) break
      if (this.#concernsViewer(event)) return this.#finish(event)
      this.#position = event.sequence
      if (!this.#wants(event)) continue
      const delivered = this.topic.resolveAsOf(event, end.sequence) ?? this.#page?.resolveAsOf(event, this.topic, end)
      if (delivered !== undefined) return delivered
    }
    return this.#finish(end)
  }

  /** If the topic has missed events since the proof, the end of the membership may be among them. */
  get #isProved(): boolean {
    return this.#provedAt !== undefined && this.#provedAt >= this.topic.gapUpTo
  }

  #nextInMemory(): LogEvent | undefined {
    const page = this.#page
    if (page === undefined) return this.topic.after(this.#position)
    if (page.head >= this.topic.bufferedAfter) {
      const event = page.after(this.#position)
      if (event !== undefined) return event
      this.#position = Math.max(this.#position, page.end)
    }
    this.#page = undefined
    return this.topic.after(this.#position)
  }

  #wants(event: LogEvent): boolean {
    const { filter } = this.#start
    return filter === undefined || passesFilter(event, filter)
  }

  /** Whether this event ends what the viewer may see. */
  #concernsViewer(event: LogEvent): boolean {
    if (event.sequence <= this.#ignoredEndsUpTo) return false
    return (
      event.type === 'ConversationDeleted' || (event.type === 'MemberLeft' && event.userId === this.#start.viewerId)
    )
  }

  /** A subscriber to reactions gets no event of another type. */
  #finish(event: LogEvent): DeliveredEvent | undefined {
    this.#ended = true
    this.#position = Math.max(this.#position, event.sequence)
    this.#page = undefined
    return this.#start.filter?.kind !== 'reactions' ? { kind: 'event', event } : undefined
  }

  #read(): void {
    if (this.#closed) return
    this.#reading = true
    this.#fetch().then(
      () => this.#arrived(),
      error => {
        this.#logs.log.warn({ err: error }, 'reading a page of a log failed; retrying')
        setTimeout(() => this.#arrived(), retryMs).unref()
      },
    )
  }

  /** Loads the backlog for all cursors together if possible, and otherwise a page for this cursor alone. */
  async #fetch(): Promise<void> {
    if (!this.#isProved) return this.#prove()
    if (this.#backlogLoadedAt !== this.#position) {
      this.#backlogLoadedAt = this.#position
      if (await this.#logs.backlog.load(this.topic, this.#position)) return
    }
    await this.#fetchPage()
  }

  /** If the viewer is no longer a member, a page follows, which proves that again and has the end. */
  async #prove(): Promise<void> {
    const { conversationId } = this.topic
    await this.#logs.gate.enter(this.#start.viewerId)
    await this.#logs.topics.whenReady(this.topic)
    const membership = await this.#logs.reads.logMembership(conversationId, this.#start.viewerId)
    if (membership?.member !== true) return this.#fetchPage()
    if (this.#provedAt === undefined) this.#ignoreEndsUpTo(membership.head)
    this.#provedAt = membership.head
    this.#wasMember = true
    await this.#logs.catchUp.ensureCaughtUpTo(this.topic, membership.head)
  }

  async #fetchPage(): Promise<void> {
    const { viewerId, filter } = this.#start
    const after = this.#position
    const page = await this.#logs.page({
      conversationId: this.topic.conversationId,
      after,
      limit: pageSize,
      viewerId,
      ...(filter === undefined ? {} : { filter }),
    })
    if (this.#provedAt === undefined) this.#ignoreEndsUpTo(page.head)
    this.#provedAt = page.head
    if (!page.member) {
      this.#ending = page.events.at(-1)
      this.#ended = this.#ending === undefined
      return
    }
    this.#wasMember = true
    this.#page = new BacklogPage(page, pageSize)
  }

  /** The first proof of a membership: ends up to its head are those of earlier memberships. */
  #ignoreEndsUpTo(head: number): void {
    this.#ignoredEndsUpTo = head
    if (this.#ending !== undefined && this.#ending.sequence <= head) this.#ending = undefined
  }

  #arrived(): void {
    this.#reading = false
    if (!this.#closed) this.#owner.pageLoaded(this)
  }
}
