import type { LogEvent, MessageId, UserId } from '@cpc-messenger/messenger'
import type { Hub } from './hub.ts'
import type { DeliveredEvent } from './stream-item.ts'
import type { Follower, Topic } from './topic.ts'

const pageSize = 100
const retryMs = 500

export interface CursorStart {
  /** The last sequence that the subscriber has. */
  readonly position: number
  /** The head when the viewer's membership was read: an end of theirs up to it is history. */
  readonly provedAt: number
  /** Whether they were a member then. Where not, nothing comes but by a read that proves that they are. */
  readonly member: boolean
  readonly viewerId: UserId
  /** Only the reaction events of this message. */
  readonly reactionsTo?: MessageId
}

/**
 * A subscriber's place in one log. Coming back, keeping up and having fallen behind are the same: the next event comes
 * from memory where it is there, and from the store where it is not.
 */
export class Cursor {
  readonly topic: Topic
  readonly #hub: Hub
  readonly #follower: Follower
  readonly #start: CursorStart
  #position: number
  #provedAt: number
  #proved: boolean
  #page: readonly LogEvent[] = []
  #pageIndex = 0
  /** After `#page`, the log holds nothing for this cursor up to here. */
  #pageEnd = 0
  #reading = false
  /** Where the last page was read from. */
  #readAt: number | undefined
  #closed = false
  #ending: LogEvent | undefined
  #ended = false

  constructor(hub: Hub, topic: Topic, follower: Follower, start: CursorStart) {
    this.topic = topic
    this.#hub = hub
    this.#follower = follower
    this.#start = start
    this.#position = start.position
    this.#provedAt = start.provedAt
    this.#proved = start.member
  }

  /** The last sequence that the subscriber has, filtered ones counted in. */
  get position(): number {
    return this.#position
  }

  /** The viewer is out: nothing follows. */
  get ended(): boolean {
    return this.#ended
  }

  /** Nothing is left to take, and nothing is on its way from the store. */
  get atHead(): boolean {
    return this.#proved && this.#position >= this.topic.head && !this.#reading
  }

  /** The viewer's membership, or the conversation, was ended by this event. */
  endWith(event: LogEvent): void {
    if (this.#concernsViewer(event)) this.#ending ??= event
  }

  /** The next event, if it is at hand; where it is not, it is fetched, and the follower told as of a log that has grown. */
  take(): DeliveredEvent | undefined {
    if (this.#ended) return undefined
    if (this.#ending !== undefined) return this.#finish(this.#ending)
    while (this.#proved && this.#position < this.topic.head) {
      const event = this.#nextAtHand()
      if (event === undefined) break
      if (!this.#wants(event)) {
        this.#position = event.sequence
        continue
      }
      const delivered = this.topic.resolve(event)
      if (delivered === undefined) break
      if (this.#concernsViewer(event)) return this.#finish(event)
      this.#position = event.sequence
      return delivered
    }
    if (!this.#proved || this.#position < this.topic.head) this.#read()
    return undefined
  }

  close(): void {
    this.#closed = true
  }

  #nextAtHand(): LogEvent | undefined {
    while (this.#pageIndex < this.#page.length) {
      const read = this.#page[this.#pageIndex]
      if (read !== undefined && read.sequence > this.#position) return read
      this.#pageIndex += 1
    }
    if (this.#pageEnd > this.#position) this.#position = this.#pageEnd
    return this.topic.after(this.#position)
  }

  #wants(event: LogEvent): boolean {
    const { reactionsTo } = this.#start
    if (reactionsTo === undefined || this.#concernsViewer(event)) return true
    return (event.type === 'ReactionAdded' || event.type === 'ReactionRemoved') && event.messageId === reactionsTo
  }

  /** Whether this event is the end of what the viewer may see. */
  #concernsViewer(event: LogEvent): boolean {
    if (event.sequence <= this.#provedAt) return false
    return (
      event.type === 'ConversationDeleted' || (event.type === 'MemberLeft' && event.userId === this.#start.viewerId)
    )
  }

  #finish(event: LogEvent): DeliveredEvent {
    this.#ended = true
    this.#position = Math.max(this.#position, event.sequence)
    this.#page = []
    return { event }
  }

  #read(): void {
    if (this.#reading || this.#closed) return
    this.#reading = true
    if (this.#readAt === this.#position) {
      this.#hub.log.error(
        { conversationId: this.topic.conversationId, sequence: this.#position + 1 },
        'an event cannot be delivered: what it is about is not in the store',
      )
      setTimeout(() => this.#arrived(), retryMs).unref()
      this.#readAt = undefined
      return
    }
    this.#fetch().then(
      () => this.#arrived(),
      error => {
        this.#hub.log.warn({ err: error }, 'a page of a log could not be read; trying again')
        setTimeout(() => this.#arrived(), retryMs).unref()
      },
    )
  }

  async #fetch(): Promise<void> {
    const { viewerId, reactionsTo } = this.#start
    const { events, rows, head, member } = await this.#hub.store.latest.logPage({
      conversationId: this.topic.conversationId,
      after: this.#position,
      limit: pageSize,
      viewerId,
      ...(reactionsTo === undefined ? {} : { reactionsTo }),
    })
    const last = events.at(-1)
    if (!member) {
      this.#ending ??= last ?? undefined
      this.#ended = last === undefined
      return
    }
    if (!this.#proved) this.#provedAt = head
    this.#proved = true
    this.#readAt = this.#position
    this.#page = events
    this.#pageIndex = 0
    this.#pageEnd = events.length < pageSize ? head : (last?.sequence ?? head)
    if (reactionsTo === undefined) this.topic.learn(events, rows, head)
    else this.topic.learn([], rows, head)
  }

  #arrived(): void {
    this.#reading = false
    if (!this.#closed) this.#follower.grown(this.topic, this.#position)
  }
}
