import type { ConversationId, EventBus, LogPage, LogPageRequest, MessageStore } from '@cpc-messenger/messenger'
import { Semaphore } from '../../services/concurrency/semaphore.ts'
import { BatchedReads } from '../../services/reads/batched-reads.ts'
import type { Logger } from '../../services/telemetry/logger.ts'
import { BacklogLoader } from './backlog-loader.ts'
import { CatchUp } from './catch-up.ts'
import type { DeliveryWatch } from './delivery-watch.ts'
import { SubscribeGate, type SubscribePace } from './subscribe-gate.ts'
import type { Follower, Topic } from './topic.ts'
import { Topics } from './topics.ts'

/** Pages for single cursors that are read at the same time. */
const maxConcurrentPages = 16

export interface LogsDependencies {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Logger
  readonly watch: DeliveryWatch | undefined
  /** Paces the openings of streams and repeated membership checks. */
  readonly pace: SubscribePace
  /** Bytes for recent events and their rows, over all conversations. */
  readonly recentBytes: number
  /** Milliseconds for which a conversation stays in memory after its last follower left. */
  readonly lingerMs: number
}

/** The logs that have followers on this node: their topics, and everything that cursors read of them. */
export class Logs implements Disposable {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Logger
  readonly watch: DeliveryWatch | undefined
  /** Reads of streams that are being opened, batched over all of them. */
  readonly reads: BatchedReads
  /** Pass it before opening a stream and before checking a membership again. */
  readonly gate: SubscribeGate
  readonly catchUp: CatchUp
  readonly #pages = new Semaphore(maxConcurrentPages)
  readonly #topics: Topics
  readonly #backlog: BacklogLoader
  #cursorsBehind = 0

  constructor({ store, bus, log, watch, pace, recentBytes, lingerMs }: LogsDependencies) {
    this.store = store
    this.bus = bus
    this.log = log
    this.watch = watch
    this.reads = new BatchedReads(store.latest)
    this.gate = new SubscribeGate(pace)
    this.#topics = new Topics({ bus, recentBytes, lingerMs, watch })
    this.catchUp = new CatchUp(this.#topics)
    this.#backlog = new BacklogLoader(store, this.catchUp)
  }

  /** Cursors that are not at the head of their log. */
  get cursorsBehind(): number {
    return this.#cursorsBehind
  }

  countBehind(change: 1 | -1): void {
    this.#cursorsBehind += change
  }

  /** An estimate of the memory that recent events and their rows take. */
  get recentBytes(): number {
    return this.#topics.recentBytes
  }

  get conversationIds(): readonly ConversationId[] {
    return this.#topics.conversationIds
  }

  /** Starts to receive what is announced of a conversation, for `follower`. Read the store for going live only after this. */
  follow(conversationId: ConversationId, follower: Follower): Topic {
    return this.#topics.follow(conversationId, follower)
  }

  unfollow(topic: Topic, follower: Follower): void {
    this.#topics.unfollow(topic, follower)
  }

  /** Undefined if the conversation has no follower here and is not kept in memory. */
  topicOf(conversationId: ConversationId): Topic | undefined {
    return this.#topics.find(conversationId)
  }

  /** Resolves when the bus delivers announcements of this conversation; undefined if it does already. */
  whenReady(topic: Topic): Promise<void> | undefined {
    return this.#topics.whenReady(topic)
  }

  /** Resolves when the bus delivers all of these, and `other` has resolved. */
  async whenAllReady(topics: Iterable<Topic>, other?: Promise<void>): Promise<void> {
    const waiting = new Set([other])
    for (const topic of topics) waiting.add(this.whenReady(topic))
    await Promise.all(waiting)
  }

  /** Resolves with whether the topic has the events after this position in memory. Concurrent calls share one read. */
  loadBacklog(topic: Topic, position: number): Promise<boolean> {
    return this.#backlog.load(topic, position)
  }

  /** Reads a page for one cursor. */
  page(request: LogPageRequest): Promise<LogPage> {
    return this.#pages.run(() => this.store.latest.log.page(request))
  }

  /** Drops topics that have had no follower for too long. */
  sweep(): void {
    this.#topics.sweep()
  }

  [Symbol.dispose](): void {
    this.#topics[Symbol.dispose]()
  }
}
