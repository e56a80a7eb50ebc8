import type { LogEvent, MessageId, UserId } from '@cpc-messenger/messenger'
import { LogPage } from './log-page.ts'
import type { Logs } from './logs.ts'
import type { DeliveredEvent } from './stream-item.ts'
import type { Topic } from './topic.ts'

const pageSize = 100
const retryMs = 500

export interface CursorStart {
  /** The last sequence that the subscriber has. */
  readonly position: number
  /** The head when the viewer's membership was read: an end of theirs up to it is history. */
  readonly provedAt: number
  /** Whether they were a member then. Where not, nothing comes but by a read that proves that they are. */
  readonly member: boolean
  /** Whether what follows the position was theirs to see, up to their end. Where not, the end comes alone. */
  readonly wasMember: boolean
  readonly viewerId: UserId
  /** Only the reaction events of this message. */
  readonly reactionsTo?: MessageId
}

export interface CursorOwner {
  /** A page that a cursor's `take` asked for has come. */
  pageLoaded(cursor: Cursor): void
}

/**
 * A subscriber's place in one log. Coming back, keeping up and having fallen behind are the same: the next event comes
 * from memory where it is there, and from the store where it is not.
 */
export class Cursor {
  readonly topic: Topic
  readonly #logs: Logs
  readonly #owner: CursorOwner
  readonly #start: CursorStart
  #position: number
  /** Ends of the viewer's up to here are history: they came back since. */
  #history: number
  /** The head when the viewer was last known to be a member; undefined while that was never so. */
  #provedAt: number | undefined
  #wasMember: boolean
  #page: LogPage | undefined
  #reading = false
  /** Where the topic was last asked to remember what follows. */
  #backlogLoadedAt: number | undefined
  #closed = false
  /** The viewer's end, heard of when it came. */
  #ending: LogEvent | undefined
  #ended = false

  constructor(logs: Logs, topic: Topic, start: CursorStart, owner: CursorOwner) {
    this.topic = topic
    this.#logs = logs
    this.#owner = owner
    this.#start = start
    this.#position = start.position
    this.#history = start.provedAt
    this.#provedAt = start.member ? start.provedAt : undefined
    this.#wasMember = start.wasMember
  }

  /** The last sequence that the subscriber has, filtered ones counted in. */
  get position(): number {
    return this.#position
  }

  /** The viewer is out: nothing follows. */
  get ended(): boolean {
    return this.#ended
  }

  /** A page is on its way from the store. */
  get reading(): boolean {
    return this.#reading
  }

  /** The viewer is known to be a member at this sequence: what is of no later moment is theirs. */
  get memberUpTo(): number {
    if (this.#ending !== undefined) return this.#ending.sequence - 1
    return Math.max(this.#provedAt ?? 0, this.topic.head)
  }

  /** Nothing is left to take, and nothing is on its way. */
  get atHead(): boolean {
    return this.#isProved && this.#position >= this.topic.head && !this.#reading
  }

  /** The viewer's membership, or the conversation, was ended by this event. */
  endWith(event: LogEvent): void {
    if (!this.#concernsViewer(event)) return
    if (this.#provedAt === undefined || this.#ending === undefined) this.#ending = event
  }

  /** The next event, if it is at hand; where it is not, it is asked for from the store. */
  take(): DeliveredEvent | undefined {
    if (this.#ended || this.#reading) return undefined
    if (this.#isProved && this.#ending !== undefined) return this.#takeUpTo(this.#ending)
    while (this.#isProved && this.#position < this.topic.head) {
      const event = this.#nextAtHand()
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
      this.#logs.log.error({ event }, 'an event was left out: what it is about is not in the store')
    }
    if (!this.#isProved || this.#position < this.topic.head) this.#read()
    return undefined
  }

  close(): void {
    this.#closed = true
  }

  /**
   * What precedes the viewer's end comes before it where it is in memory and has not changed after the end. The store is
   * not asked: it shows the present, which is not theirs to see.
   */
  #takeUpTo(end: LogEvent): DeliveredEvent | undefined {
    while (this.#wasMember && end.type === 'MemberLeft') {
      const event = this.#nextAtHand()
      if (event === undefined || event.sequence >= end.sequence) break
      if (this.#concernsViewer(event)) return this.#finish(event)
      this.#position = event.sequence
      if (!this.#wants(event)) continue
      const delivered = this.topic.resolveAsOf(event, end.sequence) ?? this.#page?.resolveAsOf(event, this.topic, end)
      if (delivered !== undefined) return delivered
    }
    return this.#finish(end)
  }

  /** An end of the viewer's that this node has not heard of would be among what it has not heard. */
  get #isProved(): boolean {
    return this.#provedAt !== undefined && this.#provedAt >= this.topic.gapUpTo
  }

  #nextAtHand(): LogEvent | undefined {
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
    const { reactionsTo } = this.#start
    if (reactionsTo === undefined) return true
    return (event.type === 'ReactionAdded' || event.type === 'ReactionRemoved') && event.messageId === reactionsTo
  }

  /** Whether this event is the end of what the viewer may see. */
  #concernsViewer(event: LogEvent): boolean {
    if (event.sequence <= this.#history) return false
    return (
      event.type === 'ConversationDeleted' || (event.type === 'MemberLeft' && event.userId === this.#start.viewerId)
    )
  }

  /** Who asked for reactions is not told of other things. */
  #finish(event: LogEvent): DeliveredEvent | undefined {
    this.#ended = true
    this.#position = Math.max(this.#position, event.sequence)
    this.#page = undefined
    return this.#start.reactionsTo === undefined ? { kind: 'event', event } : undefined
  }

  #read(): void {
    if (this.#closed) return
    this.#reading = true
    this.#fetch().then(
      () => this.#arrived(),
      error => {
        this.#logs.log.warn({ err: error }, 'a page of a log could not be read; trying again')
        setTimeout(() => this.#arrived(), retryMs).unref()
      },
    )
  }

  /** What others need too is read for all of them together; where that brings nothing on, a page for this cursor alone. */
  async #fetch(): Promise<void> {
    if (!this.#isProved) return this.#prove()
    if (this.#backlogLoadedAt !== this.#position) {
      this.#backlogLoadedAt = this.#position
      if (await this.#logs.loadBacklog(this.topic, this.#position)) return
    }
    await this.#fetchPage()
  }

  /** Who is no member any more is told so by a page, which proves that again. */
  async #prove(): Promise<void> {
    const { conversationId } = this.topic
    await this.#logs.gate.enter(this.#start.viewerId)
    await this.#logs.whenReady(this.topic)
    const membership = await this.#logs.reads.logMembership(conversationId, this.#start.viewerId)
    if (membership?.member !== true) return this.#fetchPage()
    if (this.#provedAt === undefined) this.#takeForHistory(membership.head)
    this.#provedAt = membership.head
    this.#wasMember = true
    await this.#logs.catchUp.ensureCaughtUpTo(this.topic, membership.head)
  }

  async #fetchPage(): Promise<void> {
    const { viewerId, reactionsTo } = this.#start
    const after = this.#position
    const page = await this.#logs.page({
      conversationId: this.topic.conversationId,
      after,
      limit: pageSize,
      viewerId,
      ...(reactionsTo === undefined ? {} : { reactionsTo }),
    })
    if (this.#provedAt === undefined) this.#takeForHistory(page.head)
    this.#provedAt = page.head
    if (!page.member) {
      this.#ending = page.events.at(-1)
      this.#ended = this.#ending === undefined
      return
    }
    this.#wasMember = true
    this.#page = new LogPage(page, pageSize)
  }

  /** Of a membership that is proved for the first time: the ends that came before are history. */
  #takeForHistory(head: number): void {
    this.#history = head
    if (this.#ending !== undefined && this.#ending.sequence <= head) this.#ending = undefined
  }

  #arrived(): void {
    this.#reading = false
    if (!this.#closed) this.#owner.pageLoaded(this)
  }
}
