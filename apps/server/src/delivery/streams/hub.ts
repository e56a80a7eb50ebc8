import { setTimeout as delay } from 'node:timers/promises'
import type {
  BusSubscription,
  ConversationId,
  EventBus,
  LogPage,
  LogPageRequest,
  MessageStore,
} from '@cpc-messenger/messenger'
import { Semaphore } from '../../services/concurrency/semaphore.ts'
import { BatchedReads } from '../../services/reads/batched-reads.ts'
import type { RecentUsers } from '../../services/reads/recent-users.ts'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import type { Inbox } from '../inbox/inbox.ts'
import { BacklogLoader } from '../log/backlog-loader.ts'
import type { Follower, Topic } from '../log/topic.ts'
import { Topics } from '../log/topics.ts'
import { HeadComparison } from '../repair/head-comparison.ts'
import { JoinComparison } from '../repair/join-comparison.ts'
import { RecentRows } from '../results/recent-rows.ts'
import type { DeliveryWatch } from './delivery-watch.ts'
import type { DeliveredEvent } from './stream-item.ts'
import { SubscribeGate } from './subscribe-gate.ts'

/** Inboxes that are compared with the store in one round. */
const inboxesARound = 50
/** Inboxes that are read together. */
const inboxesAtOnce = 8
/** When the bus is back, the nodes begin to compare within this time, each when it likes. */
const restoredWithinMs = 500
/** What is committed is announced within this time, unless the announcement was lost. */
const announcedWithinMs = 50
/** In a storm, streams are opened in sets. */
const openings = { burst: 16, everyMs: 40, enough: 150, quietMs: 4, maxSet: 500 }
/** An inbox may hold thousands of conversations. */
const inboxOpenings = { ...openings, maxSet: 100 }
/** Pages that only one cursor needs, on their way at once. */
const pagesAtOnce = 16

export interface HubDependencies {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Logger
  /** Told of every change to a user by this process; without it users are read each time. */
  readonly users?: RecentUsers
  /** Told of what is heard and what is taken. */
  readonly watch?: DeliveryWatch
  readonly meter?: Pick<Meter, 'headsFoundBehind'>
  /**
   * Told, once for each conversation, that the store has lost the end of its log: the head that it has now lies behind one
   * that this node knew of before it asked.
   */
  readonly lostTail?: (conversationId: ConversationId) => void
  /** Memory for recent events and their rows, over all conversations. */
  readonly recentBytes?: number
  /** How long a conversation is remembered that nobody follows any more. */
  readonly lingerMs?: number
  /** Milliseconds between two comparisons with the store. */
  readonly compareEveryMs?: number
  /** An inbox's conversations are compared with the store this often at least. */
  readonly inboxEveryMs?: number
  /** A subscriber is told where it stands this often at most, while events flow. */
  readonly positionEveryMs?: number
}

/** The conversations that somebody on this node listens to, and what makes up for announcements that were lost. */
export class Hub implements Disposable {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Logger
  readonly watch: DeliveryWatch | undefined
  readonly positionEveryMs: number
  /** What those who open streams read, as sets. */
  readonly reads: BatchedReads
  /** Whoever opens a stream, or has to prove a membership again, waits here first. */
  readonly openings = new SubscribeGate(openings)
  readonly inboxOpenings = new SubscribeGate(inboxOpenings)
  readonly #pages = new Semaphore(pagesAtOnce)
  readonly #users: RecentUsers | undefined
  readonly #topics: Topics
  readonly #backlog: BacklogLoader
  readonly #inboxes = new Set<Inbox>()
  readonly #inboxEveryMs: number
  readonly #heads: HeadComparison
  readonly #joins: JoinComparison
  readonly #timer: NodeJS.Timeout
  readonly #restored: Disposable
  #restoredTimer: NodeJS.Timeout | undefined
  /** Heads that were read and not heard of. */
  readonly #pendingGaps = new Map<Topic, { readonly head: number; readonly told: Promise<boolean> }>()
  #comparing: Promise<void> | undefined
  #behind = 0

  constructor(dependencies: HubDependencies) {
    const { compareEveryMs = 2000, inboxEveryMs = 30_000, positionEveryMs = 10_000 } = dependencies
    const { recentBytes = 64 * 2 ** 20, lingerMs = 300_000 } = dependencies
    this.store = dependencies.store
    this.bus = dependencies.bus
    this.log = dependencies.log
    this.watch = dependencies.watch
    this.positionEveryMs = positionEveryMs
    this.reads = new BatchedReads(dependencies.store.latest)
    this.#users = dependencies.users
    this.#topics = new Topics({ bus: dependencies.bus, recentBytes, lingerMs, watch: dependencies.watch })
    this.#backlog = new BacklogLoader({
      store: dependencies.store,
      ensureCaughtUpTo: (topic, head) => this.ensureCaughtUpTo(topic, head),
    })
    this.#inboxEveryMs = inboxEveryMs
    this.#heads = new HeadComparison({
      ...dependencies,
      topics: this.#topics,
      ensureCaughtUpTo: (...to) => this.ensureCaughtUpTo(...to),
    })
    this.#joins = new JoinComparison(dependencies.store)
    this.#restored = dependencies.bus.onRestored(() => this.#busIsBack())
    this.#timer = setInterval(() => void this.compare(), compareEveryMs).unref()
  }

  /** Cursors that are not at the head of their log. */
  get cursorsBehind(): number {
    return this.#behind
  }

  /** Who wait to be let in to open a stream. */
  get openingsWaiting(): number {
    return this.openings.waiting + this.inboxOpenings.waiting
  }

  /** An estimate of the memory that recent events and their rows take. */
  get recentBytes(): number {
    return this.#topics.recentBytes
  }

  countBehind(change: 1 | -1): void {
    this.#behind += change
  }

  /** Listens to a conversation on behalf of `follower`. Whoever goes live reads the store only after this. */
  follow(conversationId: ConversationId, follower: Follower): Topic {
    return this.#topics.follow(conversationId, follower)
  }

  /** Resolves when the bus delivers what is announced of this conversation; undefined where it does already. */
  whenReady(topic: Topic): Promise<void> | undefined {
    return this.#topics.whenReady(topic)
  }

  /** Resolves when the bus delivers all of this. */
  async whenAllReady(topics: Iterable<Topic>, subscription?: BusSubscription): Promise<void> {
    const waiting = new Set([subscription?.ready])
    for (const topic of topics) waiting.add(this.whenReady(topic))
    await Promise.all(waiting)
  }

  unfollow(topic: Topic, follower: Follower): void {
    this.#topics.unfollow(topic, follower)
  }

  /** Resolves with whether the events after this position are in the topic's memory, together for all who ask. */
  loadBacklog(topic: Topic, position: number): Promise<boolean> {
    return this.#backlog.load(topic, position)
  }

  /** A page for one cursor alone. */
  page(request: LogPageRequest): Promise<LogPage> {
    return this.#pages.run(() => this.store.latest.log.page(request))
  }

  /** What answers about an event read beside its own row. */
  rowsOf(delivered: DeliveredEvent): RecentRows {
    return new RecentRows(delivered, {
      reads: this.reads,
      reader: this.store.latest,
      topic: this.topicOf(delivered.event.conversationId),
      users: this.#users,
      ensureCaughtUpTo: this.#ensureCaughtUpTo,
    })
  }

  /** Where somebody here follows it, or did a moment ago. */
  topicOf(conversationId: ConversationId): Topic | undefined {
    return this.#topics.find(conversationId)
  }

  /**
   * The store's head is this: resolves once the topic has heard as far, or is told what it has missed. Answers whether it
   * had to be told. Until then its rows may be older than what whoever read the head knows.
   */
  async ensureCaughtUpTo(topic: Topic, head: number): Promise<boolean> {
    topic.confirm(head)
    if (head <= topic.head) return false
    if (topic.head === 0) {
      topic.advance(head)
      return false
    }
    return Promise.race([topic.whenReceived(head), this.#told(topic, head)])
  }

  readonly #ensureCaughtUpTo = (topic: Topic, head: number): Promise<boolean> => this.ensureCaughtUpTo(topic, head)

  keep(inbox: Inbox): void {
    this.#inboxes.add(inbox)
  }

  release(inbox: Inbox): void {
    this.#inboxes.delete(inbox)
  }

  /** Compares what this node knows with the store. One comparison runs at a time. */
  async compare(): Promise<void> {
    this.#comparing ??= this.#compare().finally(() => {
      this.#comparing = undefined
    })
    await this.#comparing
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    clearTimeout(this.#restoredTimer)
    this.#restored[Symbol.dispose]()
    this.#topics[Symbol.dispose]()
  }

  #told(topic: Topic, head: number): Promise<boolean> {
    const known = this.#pendingGaps.get(topic)
    if (known !== undefined && known.head >= head) return known.told
    const told = this.#tellOnce(topic, head)
    this.#pendingGaps.set(topic, { head, told })
    return told
  }

  async #tellOnce(topic: Topic, head: number): Promise<boolean> {
    await delay(announcedWithinMs, undefined, { ref: false })
    if (this.#pendingGaps.get(topic)?.head === head) this.#pendingGaps.delete(topic)
    const lost = topic.head < head
    topic.advance(head)
    // One that nobody follows any more has stopped listening.
    return lost && this.#topics.find(topic.conversationId) === topic
  }

  async #compare(): Promise<void> {
    try {
      await this.#heads.run()
      await this.#joins.run(this.#inboxes)
      this.#topics.sweep()
      for (const inbox of this.#inboxes) if (inbox.isDue) inbox.wake()
      const stale = [...this.#inboxes].filter(inbox => inbox.age >= this.#inboxEveryMs)
      await refresh(stale.slice(0, inboxesARound))
    } catch (error) {
      this.log.warn({ err: error }, 'what this node knows could not be compared with the store')
    }
  }

  #busIsBack(): void {
    clearTimeout(this.#restoredTimer)
    this.#restoredTimer = setTimeout(() => void this.#catchUp(), Math.random() * restoredWithinMs).unref()
  }

  /** What was announced while the bus was away is lost, and news of joining too. */
  async #catchUp(): Promise<void> {
    for (const inbox of this.#inboxes) inbox.outdate()
    // One that runs may have read before the bus was back.
    await this.#comparing
    await this.compare()
    await refresh([...this.#inboxes].filter(inbox => inbox.age >= this.#inboxEveryMs))
  }
}

const refresh = async (inboxes: readonly Inbox[]): Promise<void> => {
  for (let start = 0; start < inboxes.length; start += inboxesAtOnce)
    await Promise.all(inboxes.slice(start, start + inboxesAtOnce).map(inbox => inbox.refresh()))
}
