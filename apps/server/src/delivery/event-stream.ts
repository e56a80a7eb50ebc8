import type { ConversationId, LogEvent, UserId } from '@cpc-messenger/messenger'
import { Cursor, type CursorStart } from './cursor.ts'
import type { Hub } from './hub.ts'
import type { Inbox } from './inbox.ts'
import type { StreamItem } from './stream-item.ts'
import type { Follower, Topic } from './topic.ts'

/** A position is told this often at most, while events flow. */
const positionEveryMs = 10_000

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
  /** Cursors that may have something to take, the one whose turn it is first. */
  readonly #behind = new Map<ConversationId, Followed>()
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

  get hasInbox(): boolean {
    return this.#inbox !== undefined
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
    const before = this.#followed.get(topic.conversationId)
    before?.cursor.close()
    const followed: Followed = {
      cursor: new Cursor(this.#hub, topic, this, start),
      explicit: explicit || before?.explicit === true,
      live: !explicit,
      positionAt: 0,
    }
    this.#followed.set(topic.conversationId, followed)
    this.#wake(topic.conversationId, followed)
  }

  /** Ends what `start` began; where an inbox holds the conversation too, that goes on. */
  unfollow(conversationId: ConversationId): boolean {
    const followed = this.#followed.get(conversationId)
    if (followed?.explicit !== true) return false
    followed.explicit = false
    if (!this.#inbox?.has(conversationId)) this.#drop(conversationId)
    return true
  }

  openInbox(inbox: Inbox): void {
    this.#inbox = inbox
    this.#onReady()
  }

  closeInbox(): boolean {
    const inbox = this.#inbox
    if (inbox === undefined) return false
    this.#inbox = undefined
    for (const topic of inbox.close()) {
      if (this.#followed.get(topic.conversationId)?.explicit) continue
      this.#drop(topic.conversationId)
      this.#hub.unfollow(topic, this)
    }
    return true
  }

  /** Puts an item before whatever the logs hold. */
  tell(item: StreamItem): void {
    this.#told.push(item)
    this.#onReady()
  }

  /** The next item, if one is at hand. */
  take(): StreamItem | undefined {
    const told = this.#told.shift()
    if (told !== undefined) return told
    for (const [conversationId, followed] of this.#behind) {
      const item = this.#takeFrom(conversationId, followed)
      if (item !== undefined) return item
    }
    return this.#behind.size === 0 ? this.#inbox?.position(Date.now()) : undefined
  }

  grown(topic: Topic, from: number): void {
    if (this.#closed) return
    const { conversationId } = topic
    const followed = this.#followed.get(conversationId)
    if (followed !== undefined) {
      this.#wake(conversationId, followed)
      return
    }
    // A conversation of the inbox without a cursor is one whose head was delivered.
    if (this.#inbox?.has(conversationId))
      this.start(topic, { position: from, provedAt: from, viewerId: this.viewerId }, false)
  }

  ended(topic: Topic, event: LogEvent): void {
    this.#followed.get(topic.conversationId)?.cursor.endWith(event)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.closeInbox()
    for (const conversationId of [...this.#followed.keys()]) this.#drop(conversationId)
  }

  #wake(conversationId: ConversationId, followed: Followed): void {
    if (!this.#behind.has(conversationId)) {
      this.#behind.set(conversationId, followed)
      this.#hub.countBehind(1)
    } else this.#behind.set(conversationId, followed)
    this.#onReady()
  }

  #takeFrom(conversationId: ConversationId, followed: Followed): StreamItem | undefined {
    const { cursor } = followed
    const delivered = cursor.take()
    if (cursor.ended) {
      this.#told.push({ kind: 'ended', conversationId })
      this.#inbox?.left(conversationId)
      this.#drop(conversationId)
    }
    if (delivered !== undefined) {
      this.#inbox?.flowed()
      this.#tellPosition(followed)
      return { kind: 'event', ...delivered }
    }
    if (cursor.ended) return this.#told.shift()
    if (!cursor.atHead) return undefined
    this.#rest(conversationId, followed)
    return this.#tellLive(followed)
  }

  /** At the head: nothing to take until the log grows. */
  #rest(conversationId: ConversationId, followed: Followed): void {
    if (this.#behind.delete(conversationId)) this.#hub.countBehind(-1)
    if (!followed.explicit) this.#followed.delete(conversationId)
  }

  #tellLive(followed: Followed): StreamItem | undefined {
    if (followed.live) return this.take()
    followed.live = true
    return this.#position(followed)
  }

  #tellPosition(followed: Followed): void {
    if (followed.explicit && followed.live && Date.now() - followed.positionAt >= positionEveryMs)
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

  #drop(conversationId: ConversationId): void {
    const followed = this.#followed.get(conversationId)
    if (followed === undefined) return
    followed.cursor.close()
    this.#followed.delete(conversationId)
    if (this.#behind.delete(conversationId)) this.#hub.countBehind(-1)
    if (!this.#inbox?.has(conversationId)) this.#hub.unfollow(followed.cursor.topic, this)
  }
}
