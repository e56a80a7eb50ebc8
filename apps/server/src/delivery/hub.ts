import { setTimeout as delay } from 'node:timers/promises'
import type {
  ConversationId,
  EventBus,
  LogEvent,
  LogPage,
  LogPageRequest,
  MessageStore,
} from '@cpc-messenger/messenger'
import { GatheredReads, type RowReads } from '../services/gathered-reads.ts'
import type { Log } from '../services/log.ts'
import type { RecentUsers } from '../services/recent-users.ts'
import { Slots } from '../services/slots.ts'
import { Admission } from './admission.ts'
import type { Inbox } from './inbox.ts'
import { Recalls } from './recalls.ts'
import { RecentRows } from './recent-rows.ts'
import type { Follower, Topic } from './topic.ts'
import { Topics } from './topics.ts'

/** Conversations whose heads are read in one query. */
const headsAtOnce = 1000
/** Inboxes that are compared with the store in one round. */
const inboxesAtOnce = 50
/** What is committed is announced within this time, unless the announcement was lost. */
const announcedWithinMs = 50
/** In a storm, streams are opened in sets. */
const openings = { burst: 16, everyMs: 40, enough: 150, quietMs: 4, most: 500 }
/** An inbox may hold thousands of conversations. */
const inboxOpenings = { ...openings, most: 100 }
/** Pages that only one cursor needs, on their way at once. */
const pagesAtOnce = 16

export interface HubParts {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Log
  /** Told of every change to a user by this process; without it users are read each time. */
  readonly users?: RecentUsers
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
  readonly log: Log
  readonly positionEveryMs: number
  /** What those who open streams read, as sets. */
  readonly reads: GatheredReads
  /** Whoever opens a stream, or has to prove a membership again, waits here first. */
  readonly openings = new Admission(openings)
  readonly inboxOpenings = new Admission(inboxOpenings)
  readonly #pages = new Slots(pagesAtOnce)
  readonly #users: RecentUsers | undefined
  readonly #topics: Topics
  readonly #recalls: Recalls
  readonly #inboxes = new Set<Inbox>()
  readonly #inboxEveryMs: number
  readonly #timer: NodeJS.Timeout
  /** Heads that were read and not heard of. */
  readonly #unheard = new Map<Topic, { readonly head: number; readonly told: Promise<boolean> }>()
  #comparing = false
  #behind = 0

  constructor(parts: HubParts) {
    const { compareEveryMs = 2000, inboxEveryMs = 30_000, positionEveryMs = 10_000 } = parts
    const { recentBytes = 64 * 2 ** 20, lingerMs = 300_000 } = parts
    this.store = parts.store
    this.bus = parts.bus
    this.log = parts.log
    this.positionEveryMs = positionEveryMs
    this.reads = new GatheredReads(parts.store.latest)
    this.#users = parts.users
    this.#topics = new Topics({ bus: parts.bus, recentBytes, lingerMs })
    this.#recalls = new Recalls({ store: parts.store, hearUpTo: (topic, head) => this.hearUpTo(topic, head) })
    this.#inboxEveryMs = inboxEveryMs
    this.#timer = setInterval(() => void this.compare(), compareEveryMs).unref()
  }

  /** Cursors that are not at the head of their log. */
  get cursorsBehind(): number {
    return this.#behind
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

  unfollow(topic: Topic, follower: Follower): void {
    this.#topics.unfollow(topic, follower)
  }

  /** Resolves with whether the events after this position are in the topic's memory, together for all who ask. */
  recall(topic: Topic, position: number): Promise<boolean> {
    return this.#recalls.recall(topic, position)
  }

  /** A page for one cursor alone. */
  page(request: LogPageRequest): Promise<LogPage> {
    return this.#pages.use(() => this.store.latest.logPage(request))
  }

  /** The rows that answers about an event need. */
  rowsOf(event: LogEvent): RowReads {
    return new RecentRows(event, this.reads, this.#topics.find(event.conversationId), this.#users)
  }

  /**
   * The store's head is this: resolves once the topic has heard as far, or is told what it has missed. Answers whether it
   * had to be told. Until then its rows may be older than what whoever read the head knows.
   */
  async hearUpTo(topic: Topic, head: number): Promise<boolean> {
    if (head <= topic.head) return false
    if (topic.head === 0) {
      topic.advance(head)
      return false
    }
    const known = this.#unheard.get(topic)
    if (known !== undefined && known.head >= head) return known.told
    const told = this.#tellOnce(topic, head)
    this.#unheard.set(topic, { head, told })
    return told
  }

  keep(inbox: Inbox): void {
    this.#inboxes.add(inbox)
  }

  release(inbox: Inbox): void {
    this.#inboxes.delete(inbox)
  }

  /** Compares what this node knows with the store. One comparison runs at a time. */
  async compare(): Promise<void> {
    if (this.#comparing) return
    this.#comparing = true
    try {
      await this.#compareHeads()
      this.#topics.sweep()
      const stale = [...this.#inboxes].filter(inbox => inbox.age >= this.#inboxEveryMs).slice(0, inboxesAtOnce)
      for (const inbox of stale) await inbox.refresh()
    } catch (error) {
      this.log.warn({ err: error }, 'what this node knows could not be compared with the store')
    } finally {
      this.#comparing = false
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#topics[Symbol.dispose]()
  }

  async #tellOnce(topic: Topic, head: number): Promise<boolean> {
    await delay(announcedWithinMs, undefined, { ref: false })
    if (this.#unheard.get(topic)?.head === head) this.#unheard.delete(topic)
    const lost = topic.head < head
    topic.advance(head)
    return lost
  }

  async #compareHeads(): Promise<void> {
    const lagging: Promise<boolean>[] = []
    const ids = this.#topics.conversationIds
    for (let start = 0; start < ids.length; start += headsAtOnce)
      for (const { conversationId, head } of await this.store.latest.heads(ids.slice(start, start + headsAtOnce))) {
        const topic = this.#topics.find(conversationId)
        if (topic !== undefined && head > topic.head) lagging.push(this.hearUpTo(topic, head))
      }
    const lost = (await Promise.all(lagging)).filter(told => told).length
    if (lost > 0) this.log.warn({ logs: lost }, 'logs had grown without this node hearing of it')
  }
}
