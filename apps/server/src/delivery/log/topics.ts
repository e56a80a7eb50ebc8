import type { BusSubscription, ConversationId, EventBus } from '@cpc-messenger/messenger'
import type { DeliveryWatch } from './delivery-watch.ts'
import { RecentMemory } from './recent-memory.ts'
import { type Follower, Topic } from './topic.ts'

/** Most conversations without followers that stay in memory. */
const maxUnfollowed = 1000

interface TopicsDependencies {
  readonly bus: EventBus
  /** Bytes that all topics together may keep in memory. */
  readonly recentBytes: number
  /** Milliseconds for which a conversation without followers stays in memory. */
  readonly lingerMs: number
  readonly watch?: DeliveryWatch | undefined
}

interface OpenTopic {
  readonly topic: Topic
  readonly subscription: BusSubscription
  /** Undefined once the bus delivers. */
  ready: Promise<void> | undefined
}

/**
 * The topics of all conversations that have followers on this node, or had some a moment ago: clients that reconnect get
 * what they missed from memory.
 */
export class Topics implements Disposable {
  readonly #dependencies: TopicsDependencies
  readonly #memory: RecentMemory
  readonly #topics = new Map<ConversationId, OpenTopic>()
  /** Topics without followers, with the time at which they lost the last one; the earliest first. */
  readonly #unfollowed = new Map<Topic, number>()

  constructor(dependencies: TopicsDependencies) {
    this.#dependencies = dependencies
    this.#memory = new RecentMemory(dependencies.recentBytes)
  }

  /** An estimate of the memory that recent events and their rows take. */
  get recentBytes(): number {
    return this.#memory.bytes
  }

  get conversationIds(): readonly ConversationId[] {
    return [...this.#topics.keys()]
  }

  /** Undefined if the conversation has no follower here and is not kept in memory. */
  find(conversationId: ConversationId): Topic | undefined {
    return this.#topics.get(conversationId)?.topic
  }

  /** Resolves when the bus delivers the topic's announcements; undefined if it does already. */
  whenReady({ conversationId }: Topic): Promise<void> | undefined {
    return this.#topics.get(conversationId)?.ready
  }

  /** Resolves when the bus delivers the announcements of all of these, and `other` has resolved. */
  async whenAllReady(topics: Iterable<Topic>, other?: Promise<void>): Promise<void> {
    const waiting = new Set([other])
    for (const topic of topics) waiting.add(this.whenReady(topic))
    await Promise.all(waiting)
  }

  /** Starts to receive what is announced of a conversation, for `follower`. Read the store for going live only after this. */
  follow(conversationId: ConversationId, follower: Follower): Topic {
    const topic = this.find(conversationId) ?? this.#listen(conversationId)
    topic.followers.add(follower)
    this.#unfollowed.delete(topic)
    return topic
  }

  unfollow(topic: Topic, follower: Follower): void {
    topic.followers.delete(follower)
    if (topic.followers.size > 0 || this.find(topic.conversationId) !== topic) return
    if (topic.hasEvents) this.#unfollowed.set(topic, performance.now())
    else this.#drop(topic)
    this.#dropExpired()
  }

  /** Drops topics that have had no follower for too long, and those without events in memory. */
  sweep(): void {
    this.#dropExpired()
    for (const topic of this.#unfollowed.keys()) if (!topic.hasEvents) this.#drop(topic)
  }

  [Symbol.dispose](): void {
    for (const { topic } of [...this.#topics.values()]) this.#drop(topic)
  }

  #listen(conversationId: ConversationId): Topic {
    const topic = new Topic(conversationId, this.#memory, this.#dependencies.watch)
    const subscription = this.#dependencies.bus.subscribe(conversationId, topic)
    const open: OpenTopic = { topic, subscription, ready: subscription.ready }
    void subscription.ready.then(() => {
      open.ready = undefined
    })
    this.#topics.set(conversationId, open)
    return topic
  }

  #dropExpired(): void {
    const now = performance.now()
    for (const [topic, since] of this.#unfollowed) {
      const isKept = this.#unfollowed.size <= maxUnfollowed && now - since < this.#dependencies.lingerMs
      if (isKept) return
      this.#drop(topic)
    }
  }

  #drop(topic: Topic): void {
    this.#topics.get(topic.conversationId)?.subscription[Symbol.dispose]()
    this.#topics.delete(topic.conversationId)
    this.#unfollowed.delete(topic)
    topic.close()
  }
}
