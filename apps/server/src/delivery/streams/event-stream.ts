import type { ConversationId, LogEvent, UserId } from '@cpc-messenger/messenger'
import { inSlices } from '../../services/concurrency/in-slices.ts'
import type { Inbox, InboxStream } from '../inbox/inbox.ts'
import type { OpenedInbox } from '../inbox/inbox-opening.ts'
import type { CursorOwner, CursorStart } from '../log/cursor.ts'
import type { Logs } from '../log/logs.ts'
import type { StreamItem } from '../log/stream-item.ts'
import type { Topic } from '../log/topic.ts'
import { FollowedLog } from './followed-log.ts'
import { IntrusiveQueue } from './intrusive-queue.ts'

/** Pages that one stream reads from the store at the same time: a bound on its memory. */
const maxConcurrentReads = 8

/** Takes the items of a stream. */
export interface StreamConsumer {
  /** `take` may return something new. Called in any tick of the event loop; must not throw. */
  streamReady(): void
}

interface EventStreamDependencies {
  readonly logs: Logs
  /** Least milliseconds between two positions of a log, while events flow. */
  readonly positionEveryMs: number
}

const wholeMs = (): number => Math.trunc(performance.now())

/**
 * Everything that is delivered to one subscriber: single logs, an inbox, or both, with one cursor for each log. The consumer
 * takes items until there is none, and again after `streamReady`. The stream has no queue of events: what is not taken
 * stays in the log.
 */
export class EventStream implements InboxStream, CursorOwner {
  readonly viewerId: UserId
  readonly #logs: Logs
  readonly #positionEveryMs: number
  readonly #consumer: StreamConsumer
  readonly #openedAt: number
  readonly #followed = new Map<ConversationId, FollowedLog>()
  /** The log that was looked up last. */
  #latest: FollowedLog | undefined
  /** Logs that may have something to take, in the order in which they are served. */
  readonly #behind = new IntrusiveQueue<FollowedLog>()
  /** Logs that wait for a page. */
  readonly #reading = new Set<FollowedLog>()
  /** Items that precede those of the logs. */
  readonly #pending: StreamItem[] = []
  #inbox: Inbox | undefined
  #closed = false
  #memberUpTo = 0

  constructor({ logs, positionEveryMs }: EventStreamDependencies, viewerId: UserId, consumer: StreamConsumer) {
    this.#logs = logs
    this.#positionEveryMs = positionEveryMs
    this.viewerId = viewerId
    this.#consumer = consumer
    this.#openedAt = logs.watch?.now() ?? 0
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

  /** Follows a topic. What it receives is ignored until `start`. */
  listen(conversationId: ConversationId): Topic {
    return this.#logs.topics.follow(conversationId, this)
  }

  /** Unfollows a topic that has no cursor and is not in the inbox. */
  release(topic: Topic): void {
    if (!this.#followed.has(topic.conversationId) && !this.#inbox?.has(topic.conversationId))
      this.#logs.topics.unfollow(topic, this)
  }

  /** Places the cursor of this log; an existing cursor of the log is replaced. */
  start(topic: Topic, start: CursorStart): void {
    if (this.#closed) return
    this.#place(topic, start, true)
    this.#consumer.streamReady()
  }

  /** Ends what `start` began. If the inbox has the conversation too, the inbox continues. */
  unfollow(conversationId: ConversationId): boolean {
    const followed = this.#followed.get(conversationId)
    if (followed?.explicit !== true) return false
    followed.explicit = false
    if (!this.#inbox?.has(conversationId)) this.#drop(conversationId, followed.topic)
    return true
  }

  /** Begins to deliver an inbox. An earlier one must have been closed. */
  attachInbox({ inbox, replays }: OpenedInbox): void {
    if (this.#closed) {
      for (const topic of inbox.close()) this.#logs.topics.unfollow(topic, this)
      return
    }
    this.#inbox = inbox
    for (const [topic, start] of replays()) this.#placeOfInbox(topic, start)
    inbox.open()
    this.#consumer.streamReady()
  }

  closeInbox(): boolean {
    const inbox = this.#inbox
    if (inbox === undefined) return false
    this.#inbox = undefined
    for (const topic of inbox.close()) if (!this.follows(topic.conversationId)) this.#drop(topic.conversationId, topic)
    return true
  }

  /** Adds an item before those of the logs. */
  push(item: StreamItem): void {
    this.#pending.push(item)
    this.#consumer.streamReady()
  }

  inboxReady(): void {
    if (this.#closed) return
    for (const { topic, start } of this.#inbox?.takeJoined() ?? []) this.#placeOfInbox(topic, start)
    this.#consumer.streamReady()
  }

  /** The next item, if there is one in memory. */
  take(): StreamItem | undefined {
    if (this.#pending.length > 0) return this.#pending.shift()
    for (let log = this.#behind.first; log !== undefined; log = this.#behind.first) {
      if (this.#reading.size >= maxConcurrentReads) return undefined
      const item = this.#takeFrom(log)
      if (item !== undefined) return item
    }
    return this.#reading.size === 0 ? this.#inbox?.takePosition() : undefined
  }

  grown(topic: Topic, from: number): void {
    if (this.#closed) return
    const followed = this.#latest?.topic === topic ? this.#latest : this.#find(topic)
    if (followed !== undefined) this.#wake(followed)
    else if (this.#inbox?.has(topic.conversationId)) this.#placeBehind(topic, from)
    else return
    this.#consumer.streamReady()
  }

  ended(topic: Topic, event: LogEvent): void {
    if (this.#closed) return
    const followed = this.#find(topic)
    if (followed !== undefined) followed.endWith(event)
    else if (this.#inbox?.has(topic.conversationId)) this.#placeBehind(topic, topic.head).endWith(event)
  }

  pageLoaded(log: FollowedLog): void {
    if (this.#reading.has(log)) this.#sleep(log)
    this.#wake(log)
    this.#consumer.streamReady()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#pending.length = 0
    const topics = new Set(this.#inbox?.close())
    this.#inbox = undefined
    for (const log of [...this.#followed.values()]) {
      topics.add(log.topic)
      this.#removeLog(log)
    }
    // A closed stream ignores what the topics receive until they are unfollowed.
    void inSlices(topics, topic => this.#logs.topics.unfollow(topic, this))
  }

  #find(topic: Topic): FollowedLog | undefined {
    this.#latest = this.#followed.get(topic.conversationId)
    return this.#latest
  }

  /** A conversation of the inbox without a cursor was delivered up to `head`. */
  #placeBehind(topic: Topic, head: number): FollowedLog {
    const { viewerId } = this
    return this.#place(topic, { position: head, provedAt: head, member: true, wasMember: true, viewerId }, false)
  }

  #placeOfInbox(topic: Topic, start: CursorStart): void {
    if (!this.follows(topic.conversationId)) this.#place(topic, start, false)
  }

  #place(topic: Topic, start: CursorStart, explicit: boolean): FollowedLog {
    const { conversationId } = topic
    const before = this.#followed.get(conversationId)
    if (before !== undefined) this.#end(before)
    const log = new FollowedLog(this.#logs, topic, start, this)
    log.explicit = explicit || before?.explicit === true
    log.live = !explicit
    this.#followed.set(conversationId, log)
    this.#latest = log
    this.#wake(log)
    return log
  }

  /** A log that waits for a page becomes ready when the page is loaded. */
  #wake(log: FollowedLog): void {
    if (log.behind || log.reading) return
    log.behind = true
    this.#behind.add(log)
    this.#logs.countBehind(1)
  }

  /** The log has nothing to take and waits for nothing. */
  #sleep(log: FollowedLog): void {
    if (!log.behind && !this.#reading.delete(log)) return
    if (log.behind) this.#behind.remove(log)
    log.behind = false
    this.#logs.countBehind(-1)
  }

  #takeFrom(log: FollowedLog): StreamItem | undefined {
    const item = log.take()
    this.#memberUpTo = log.memberUpTo
    if (item !== undefined) this.#inbox?.delivered(item.event)
    if (log.ended) {
      const { conversationId } = log.topic
      this.#pending.push({ kind: 'ended', conversationId })
      this.#drop(conversationId, log.topic)
      return item ?? this.#pending.shift()
    }
    if (item !== undefined) {
      this.#logs.watch?.taken(item.event, this.#openedAt)
      if (log.explicit && log.live) this.#delivered(log)
      if (log.behind && this.#behind.last !== log) this.#rotate()
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
    if (wholeMs() - log.positionAt >= this.#positionEveryMs) this.#pending.push(this.#position(log))
    if (log.atHead) this.#sleep(log)
  }

  /** Logs that are behind are served in turns. */
  #rotate(): void {
    const first = this.#behind.shift()
    if (first !== undefined) this.#behind.add(first)
  }

  /** The log is at its head: nothing can be taken until it grows. */
  #rest(log: FollowedLog): StreamItem | undefined {
    if (!log.explicit) this.#removeLog(log)
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

  /** Nothing more of this log is delivered. */
  #drop(conversationId: ConversationId, topic: Topic): void {
    const log = this.#followed.get(conversationId)
    if (log !== undefined) this.#removeLog(log)
    this.#logs.topics.unfollow(topic, this)
    this.#inbox?.left(conversationId)
  }

  #removeLog(log: FollowedLog): void {
    this.#end(log)
    this.#followed.delete(log.topic.conversationId)
    if (this.#latest === log) this.#latest = undefined
  }

  #end(log: FollowedLog): void {
    log.close()
    this.#sleep(log)
  }
}
