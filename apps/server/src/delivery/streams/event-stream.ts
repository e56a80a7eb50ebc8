import type { ConversationId, LogEvent, UserId } from '@cpc-messenger/messenger'
import { inSlices } from '../../services/concurrency/in-slices.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { CursorOwner, CursorStart } from '../log/cursor.ts'
import { FollowedLog } from '../log/followed-log.ts'
import type { Follower, Topic } from '../log/topic.ts'
import type { Hub } from './hub.ts'
import { IntrusiveQueue } from './intrusive-queue.ts'
import type { StreamItem } from './stream-item.ts'

/** Pages that one stream may have on their way from the store: a bound on what it keeps in memory. */
const readsAtOnce = 8

/** Whoever takes what a stream holds. */
export interface StreamConsumer {
  /** `take` may have something new. Called in any turn; must not throw. */
  streamReady(): void
}

const wholeMs = (): number => Math.trunc(performance.now())

/**
 * All that one subscriber is owed: the logs that they follow one by one, their inbox, or both, with one place in each log.
 * Whoever opens it takes items until there is none, and again whenever it is told that the stream is ready. It holds no queue: what is not
 * taken stays in the log.
 */
export class EventStream implements Follower, CursorOwner {
  readonly viewerId: UserId
  readonly #hub: Hub
  readonly #consumer: StreamConsumer
  readonly #openedAt: number
  readonly #followed = new Map<ConversationId, FollowedLog>()
  /** The one that was found last. */
  #lately: FollowedLog | undefined
  /** Those that may have something to take, the one whose turn it is first. */
  readonly #behind = new IntrusiveQueue<FollowedLog>()
  /** Those that wait for a page. */
  readonly #reading = new Set<FollowedLog>()
  readonly #told: StreamItem[] = []
  #inbox: Inbox | undefined
  #closed = false
  #memberUpTo = 0

  constructor(hub: Hub, viewerId: UserId, consumer: StreamConsumer) {
    this.#hub = hub
    this.viewerId = viewerId
    this.#consumer = consumer
    this.#openedAt = hub.watch?.now() ?? 0
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

  /** When the last event was taken, the viewer was known to be a member of its conversation at this sequence. */
  get memberUpTo(): number {
    return this.#memberUpTo
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
    this.#consumer.streamReady()
  }

  /** Ends what `start` began; where an inbox holds the conversation too, that goes on. */
  unfollow(conversationId: ConversationId): boolean {
    const followed = this.#followed.get(conversationId)
    if (followed?.explicit !== true) return false
    followed.explicit = false
    if (!this.#inbox?.has(conversationId)) this.#drop(conversationId, followed.topic)
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
    this.#consumer.streamReady()
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
    this.#consumer.streamReady()
  }

  /** The inbox may have a position to tell. */
  wake(): void {
    if (!this.#closed) this.#consumer.streamReady()
  }

  /** The next item, if one is at hand. */
  take(): StreamItem | undefined {
    if (this.#told.length > 0) return this.#told.shift()
    for (let log = this.#behind.first; log !== undefined; log = this.#behind.first) {
      if (this.#reading.size >= readsAtOnce) return undefined
      const item = this.#takeFrom(log)
      if (item !== undefined) return item
    }
    return this.#reading.size === 0 ? this.#inbox?.position() : undefined
  }

  grown(topic: Topic, from: number): void {
    if (this.#closed) return
    const followed = this.#lately?.topic === topic ? this.#lately : this.#find(topic)
    if (followed !== undefined) this.#wake(followed)
    else if (this.#inbox?.has(topic.conversationId)) this.#catchUp(topic, from)
    else return
    this.#consumer.streamReady()
  }

  ended(topic: Topic, event: LogEvent): void {
    if (this.#closed) return
    const followed = this.#find(topic)
    if (followed !== undefined) followed.endWith(event)
    else if (this.#inbox?.has(topic.conversationId)) this.#catchUp(topic, topic.head).endWith(event)
  }

  pageCame(log: FollowedLog): void {
    if (this.#reading.has(log)) this.#sleep(log)
    this.#wake(log)
    this.#consumer.streamReady()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#told.length = 0
    const topics = new Set(this.#inbox?.close())
    this.#inbox = undefined
    for (const log of [...this.#followed.values()]) {
      topics.add(log.topic)
      this.#forgetLog(log)
    }
    // From here on it ignores what they bring.
    void inSlices(topics, topic => this.#hub.unfollow(topic, this))
  }

  #find(topic: Topic): FollowedLog | undefined {
    this.#lately = this.#followed.get(topic.conversationId)
    return this.#lately
  }

  /** A conversation of the inbox that has no cursor is one that was delivered up to its head. */
  #catchUp(topic: Topic, head: number): FollowedLog {
    const { viewerId } = this
    return this.#place(topic, { position: head, provedAt: head, member: true, wasMember: true, viewerId }, false)
  }

  #place(topic: Topic, start: CursorStart, explicit: boolean): FollowedLog {
    const { conversationId } = topic
    const before = this.#followed.get(conversationId)
    if (before !== undefined) this.#end(before)
    const log = new FollowedLog(this.#hub, topic, start, this)
    log.explicit = explicit || before?.explicit === true
    log.live = !explicit
    this.#followed.set(conversationId, log)
    this.#lately = log
    this.#wake(log)
    return log
  }

  /** One that waits for a page looks again when that has come. */
  #wake(log: FollowedLog): void {
    if (log.behind || log.reading) return
    log.behind = true
    this.#behind.add(log)
    this.#hub.countBehind(1)
  }

  /** It has nothing to take, and waits for nothing. */
  #sleep(log: FollowedLog): void {
    if (!log.behind && !this.#reading.delete(log)) return
    if (log.behind) this.#behind.remove(log)
    log.behind = false
    this.#hub.countBehind(-1)
  }

  #takeFrom(log: FollowedLog): StreamItem | undefined {
    const item = log.take()
    this.#memberUpTo = log.memberUpTo
    if (item !== undefined) this.#inbox?.delivered(item.event)
    if (log.ended) {
      const { conversationId } = log.topic
      this.#told.push({ kind: 'ended', conversationId })
      this.#drop(conversationId, log.topic)
      return item ?? this.#told.shift()
    }
    if (item !== undefined) {
      this.#hub.watch?.taken(item.event, this.#openedAt)
      if (log.explicit && log.live) this.#delivered(log)
      if (log.behind && this.#behind.last !== log) this.#giveWay()
      return item
    }
    if (!log.reading) {
      this.#sleep(log)
      return this.#rest(log)
    }
    log.behind = false
    this.#behind.remove(log)
    this.#reading.add(log)
    return undefined
  }

  #delivered(log: FollowedLog): void {
    if (wholeMs() - log.positionAt >= this.#hub.positionEveryMs) this.#told.push(this.#position(log))
    if (log.atHead) this.#sleep(log)
  }

  /** Another log that is behind has the next turn. */
  #giveWay(): void {
    const first = this.#behind.shift()
    if (first !== undefined) this.#behind.add(first)
  }

  /** At the head: nothing to take until the log grows. */
  #rest(log: FollowedLog): StreamItem | undefined {
    if (!log.explicit) this.#forgetLog(log)
    if (log.live) return undefined
    log.live = true
    return this.#position(log)
  }

  #position(log: FollowedLog): StreamItem {
    log.positionAt = wholeMs()
    const { position, topic, live } = log
    return {
      kind: 'position',
      conversationId: topic.conversationId,
      position: String(position),
      sequence: position,
      live,
    }
  }

  /** Ends a log's part in this stream. */
  #drop(conversationId: ConversationId, topic: Topic): void {
    const log = this.#followed.get(conversationId)
    if (log !== undefined) this.#forgetLog(log)
    this.#hub.unfollow(topic, this)
    this.#inbox?.left(conversationId)
  }

  #forgetLog(log: FollowedLog): void {
    this.#end(log)
    this.#followed.delete(log.topic.conversationId)
    if (this.#lately === log) this.#lately = undefined
  }

  #end(log: FollowedLog): void {
    log.close()
    this.#sleep(log)
  }
}
