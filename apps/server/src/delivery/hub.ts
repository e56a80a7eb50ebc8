import type { CommitMark, ConversationId, EventBus, MessageStore } from '@cpc-messenger/messenger'
import type { Log } from '../services/log.ts'
import { compareHeads, type Follower, Topic } from './topic.ts'

export interface HubParts {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Log
  /** Milliseconds between two comparisons of the heads with the store. */
  readonly compareEveryMs?: number
}

/** The conversations that somebody on this node listens to. */
export class Hub implements Disposable {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Log
  readonly #topics = new Map<ConversationId, { readonly topic: Topic; readonly subscription: Disposable }>()
  readonly #timer: NodeJS.Timeout
  #comparing = false
  #comparedMark: CommitMark | undefined
  #behind = 0

  constructor({ store, bus, log, compareEveryMs = 2000 }: HubParts) {
    this.store = store
    this.bus = bus
    this.log = log
    this.#timer = setInterval(() => void this.compare(), compareEveryMs).unref()
  }

  /** Every topic's head has been at least as far as this mark, since it was last compared. */
  get comparedMark(): CommitMark | undefined {
    return this.#comparedMark
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

  /** Makes up for whatever the bus lost: compares every head with the store. One comparison runs at a time. */
  async compare(): Promise<void> {
    if (this.#comparing || this.#topics.size === 0) return
    this.#comparing = true
    try {
      const mark = await this.store.latest.mark()
      const behind = await compareHeads(
        [...this.#topics.values()].map(({ topic }) => topic),
        this.store,
      )
      this.#comparedMark = mark
      if (behind > 0) this.log.warn({ behind }, 'logs had grown without this node hearing of it')
    } catch (error) {
      this.log.warn({ err: error }, 'the heads of the logs could not be compared with the store')
    } finally {
      this.#comparing = false
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    for (const { subscription } of this.#topics.values()) subscription[Symbol.dispose]()
    this.#topics.clear()
  }
}
