import { setTimeout as delay } from 'node:timers/promises'
import type { ConversationId, EventBus, MessageStore } from '@cpc-messenger/messenger'
import type { Log } from '../services/log.ts'
import type { Inbox } from './inbox.ts'
import { type Follower, Topic } from './topic.ts'

/** Conversations whose heads are read in one query. */
const headsAtOnce = 1000
/** Inboxes that are compared with the store in one round. */
const inboxesAtOnce = 50
/** What is committed is announced within this time, unless the announcement was lost. */
const announcedWithinMs = 50

export interface HubParts {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Log
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
  readonly #topics = new Map<ConversationId, { readonly topic: Topic; readonly subscription: Disposable }>()
  readonly #inboxes = new Set<Inbox>()
  readonly #inboxEveryMs: number
  readonly #timer: NodeJS.Timeout
  #comparing = false
  #behind = 0

  constructor(parts: HubParts) {
    const { compareEveryMs = 2000, inboxEveryMs = 30_000, positionEveryMs = 10_000 } = parts
    this.store = parts.store
    this.bus = parts.bus
    this.log = parts.log
    this.positionEveryMs = positionEveryMs
    this.#inboxEveryMs = inboxEveryMs
    this.#timer = setInterval(() => void this.compare(), compareEveryMs).unref()
  }

  /** Cursors that are not at the head of their log. */
  get cursorsBehind(): number {
    return this.#behind
  }

  countBehind(change: 1 | -1): void {
    this.#behind += change
  }

  /** Listens to a conversation on behalf of `follower`. Whoever goes live reads the store only after this. */
  follow(conversationId: ConversationId, follower: Follower): Topic {
    const known = this.#topics.get(conversationId)
    if (known !== undefined) {
      known.topic.followers.add(follower)
      return known.topic
    }
    const topic = new Topic(conversationId)
    topic.followers.add(follower)
    const subscription = this.bus.subscribe(conversationId, announcement => topic.hear(announcement))
    this.#topics.set(conversationId, { topic, subscription })
    return topic
  }

  unfollow(topic: Topic, follower: Follower): void {
    topic.followers.delete(follower)
    const known = this.#topics.get(topic.conversationId)
    if (topic.followers.size > 0 || known?.topic !== topic) return
    known.subscription[Symbol.dispose]()
    this.#topics.delete(topic.conversationId)
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
    for (const { subscription } of this.#topics.values()) subscription[Symbol.dispose]()
    this.#topics.clear()
  }

  async #compareHeads(): Promise<void> {
    const lagging = new Map<Topic, number>()
    const ids = [...this.#topics.keys()]
    for (let start = 0; start < ids.length; start += headsAtOnce)
      for (const { conversationId, head } of await this.store.latest.heads(ids.slice(start, start + headsAtOnce))) {
        const topic = this.#topics.get(conversationId)?.topic
        if (topic !== undefined && head > topic.head) lagging.set(topic, head)
      }
    if (lagging.size === 0) return
    await delay(announcedWithinMs, undefined, { ref: false })
    const lost = [...lagging].filter(([topic, head]) => head > topic.head)
    for (const [topic, head] of lost) topic.advance(head)
    if (lost.length > 0) this.log.warn({ logs: lost.length }, 'logs had grown without this node hearing of it')
  }
}
