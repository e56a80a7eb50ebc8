import type { ConversationId, LogEvent, UserId } from '@cpc-messenger/messenger'
import { Cursor, type CursorStart } from './cursor.ts'
import type { Hub } from './hub.ts'
import type { Inbox } from './inbox.ts'
import type { StreamItem } from './stream-item.ts'
import type { Follower, Topic } from './topic.ts'

/** Pages that one stream may have on their way from the store: a bound on what it keeps in memory. */
const readsAtOnce = 8

interface Followed {
  readonly cursor: Cursor
  /** Asked for by itself, and not only as one of an inbox's. */
  explicit: boolean
  live: boolean
  positionAt: number
}

/**
 * All that one subscriber is owed: the logs that they follow one by one, their inbox, or both, with one place in each log.
 * Whoever opens it takes items until there is none, and again whenever `onReady` is called. It holds no queue: what is not
 * taken stays in the log.
 */
export class EventStream implements Follower {
  readonly viewerId: UserId
  readonly #hub: Hub
  readonly #onReady: () => void
  readonly #followed = new Map<ConversationId, Followed>()
  /** Those that may have something to take, the one whose turn it is first. */
  readonly #behind = new Map<ConversationId, Followed>()
  /** Those that wait for a page. */
  readonly #reading = new Map<ConversationId, Followed>()
  readonly #told: StreamItem[] = []
  #inbox: Inbox | undefined
  #closed = false

  constructor(hub: Hub, viewerId: UserId, onReady: () => void) {
    this.#hub = hub
    this.viewerId = viewerId
    this.#onReady = onReady
  }

  get closed(): boolean {
    return this.#closed
  }

  follows(conversationId: ConversationId): boolean {
    return this.#followed.get(conversationId)?.explicit === true
  }

  /** Conversations that have a cursor. */
  get conversationIds(): readonly ConversationId[] {
    return [...this.#followed.keys()]
  }

  get hasInbox(): boolean {
    return this.#inbox !== undefined
  }

  get inbox(): Inbox | undefined {
    return this.#inbox
  }

  /** Listens to a log; what it brings is ignored until `start`. */
  listen(conversationId: ConversationId): Topic {
    return this.#hub.follow(conversationId, this)
  }

  /** Undoes `listen` where it did not lead to a cursor. */
  forget(topic: Topic): void {
    if (!this.#followed.has(topic.conversationId) && !this.#inbox?.has(topic.conversationId))
      this.#hub.unfollow(topic, this)
  }

  /** Puts the one cursor of this log at a place; one that stood elsewhere is moved there. */
  start(topic: Topic, start: CursorStart, explicit: boolean): void {
    if (this.#closed) return
    this.#place(topic, start, explicit)
    this.#onReady()
  }

  /** Ends what `start` began; where an inbox holds the conversation too, that goes on. */
  unfollow(conversationId: ConversationId): boolean {
    const followed = this.#followed.get(conversationId)
    if (followed?.explicit !== true) return false
    followed.explicit = false
    if (!this.#inbox?.has(conversationId)) this.#drop(conversationId, followed.cursor.topic)
    return true
  }

  /** Begins an inbox, with cursors in those of its logs that have something to replay. An earlier one was closed before. */
  openInbox(inbox: Inbox, replays: ReadonlyMap<Topic, CursorStart>): void {
    if (this.#closed) {
      for (const topic of inbox.close()) this.#hub.unfollow(topic, this)
      return
    }
    this.#inbox = inbox
    for (const [topic, start] of replays) if (!this.follows(topic.conversationId)) this.#place(topic, start, false)
    this.#onReady()
  }

  closeInbox(): boolean {
    const inbox = this.#inbox
    if (inbox === undefined) return false
    this.#inbox = undefined
    for (const topic of inbox.close()) if (!this.follows(topic.conversationId)) this.#drop(topic.conversationId, topic)
    return true
  }

  /** Puts an item before whatever the logs hold. */
  tell(item: StreamItem): void {
    this.#told.push(item)
    this.#onReady()
  }

  /** The inbox may have a position to tell. */
  wake(): void {
    if (!this.#closed) this.#onReady()
  }

  /** The next item, if one is at hand. */
  take(): StreamItem | undefined {
    const told = this.#told.shift()
    if (told !== undefined) return told
    for (const [conversationId, followed] of this.#behind) {
      if (this.#reading.size >= readsAtOnce) return undefined
      const item = this.#takeFrom(conversationId, followed)
      if (item !== undefined) return item
    }
    return this.#behind.size + this.#reading.size === 0 ? this.#inbox?.position() : undefined
  }

  grown(topic: Topic, from: number): void {
    if (this.#closed) return
    const { conversationId } = topic
    const followed = this.#followed.get(conversationId)
    if (followed !== undefined) this.#wake(conversationId, followed)
    else if (this.#inbox?.has(conversationId)) this.#catchUp(topic, from)
    else return
    this.#onReady()
  }

  ended(topic: Topic, event: LogEvent): void {
    if (this.#closed) return
    const { conversationId } = topic
    const followed = this.#followed.get(conversationId)
    if (followed !== undefined) followed.cursor.endWith(event)
    else if (this.#inbox?.has(conversationId)) this.#catchUp(topic, topic.head).cursor.endWith(event)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#told.length = 0
    this.closeInbox()
    for (const [conversationId, { cursor }] of [...this.#followed]) this.#drop(conversationId, cursor.topic)
  }

  /** A conversation of the inbox that has no cursor is one that was delivered up to its head. */
  #catchUp(topic: Topic, head: number): Followed {
    return this.#place(topic, { position: head, provedAt: head, member: true, viewerId: this.viewerId }, false)
  }

  #place(topic: Topic, start: CursorStart, explicit: boolean): Followed {
    const { conversationId } = topic
    const before = this.#followed.get(conversationId)
    before?.cursor.close()
    if (this.#reading.has(conversationId)) this.#sleep(conversationId)
    const cursor = new Cursor(this.#hub, topic, start, () => this.#arrived(conversationId, followed))
    const followed: Followed = {
      cursor,
      explicit: explicit || before?.explicit === true,
      live: !explicit,
      positionAt: 0,
    }
    this.#followed.set(conversationId, followed)
    this.#wake(conversationId, followed)
    return followed
  }

  #arrived(conversationId: ConversationId, followed: Followed): void {
    if (this.#reading.get(conversationId) === followed) this.#sleep(conversationId)
    this.#wake(conversationId, followed)
    this.#onReady()
  }

  /** One that waits for a page looks again when that has come. */
  #wake(conversationId: ConversationId, followed: Followed): void {
    if (followed.cursor.reading) return
    if (!this.#behind.has(conversationId)) this.#hub.countBehind(1)
    this.#behind.set(conversationId, followed)
  }

  #sleep(conversationId: ConversationId): void {
    if (this.#behind.delete(conversationId) || this.#reading.delete(conversationId)) this.#hub.countBehind(-1)
  }

  #takeFrom(conversationId: ConversationId, followed: Followed): StreamItem | undefined {
    const { cursor } = followed
    const delivered = cursor.take()
    if (cursor.ended) {
      this.#told.push({ kind: 'ended', conversationId })
      this.#drop(conversationId, cursor.topic)
      return delivered === undefined ? this.#told.shift() : { kind: 'event', ...delivered }
    }
    if (delivered !== undefined) {
      this.#inbox?.flowed()
      this.#giveWay(conversationId, followed)
      this.#tellPosition(followed)
      return { kind: 'event', ...delivered }
    }
    if (!cursor.reading) {
      this.#sleep(conversationId)
      return this.#rest(conversationId, followed)
    }
    this.#behind.delete(conversationId)
    this.#reading.set(conversationId, followed)
    return undefined
  }

  /** Another log that is behind has the next turn. */
  #giveWay(conversationId: ConversationId, followed: Followed): void {
    if (this.#behind.size < 2) return
    this.#behind.delete(conversationId)
    this.#behind.set(conversationId, followed)
  }

  /** At the head: nothing to take until the log grows. */
  #rest(conversationId: ConversationId, followed: Followed): StreamItem | undefined {
    if (!followed.explicit) {
      followed.cursor.close()
      this.#followed.delete(conversationId)
    }
    if (followed.live) return undefined
    followed.live = true
    return this.#position(followed)
  }

  #tellPosition(followed: Followed): void {
    if (followed.explicit && followed.live && Date.now() - followed.positionAt >= this.#hub.positionEveryMs)
      this.#told.push(this.#position(followed))
  }

  #position(followed: Followed): StreamItem {
    followed.positionAt = Date.now()
    const { position, topic } = followed.cursor
    return {
      kind: 'position',
      conversationId: topic.conversationId,
      position: String(position),
      sequence: position,
      live: followed.live,
    }
  }

  /** Ends a log's part in this stream. */
  #drop(conversationId: ConversationId, topic: Topic): void {
    this.#followed.get(conversationId)?.cursor.close()
    this.#followed.delete(conversationId)
    this.#sleep(conversationId)
    this.#hub.unfollow(topic, this)
    this.#inbox?.left(conversationId)
  }
}
