import type { BusSubscription, ConversationId, EventBus } from '@cpc-messenger/messenger'
import type { DeliveryWatch } from './delivery-watch.ts'
import { RecentMemory } from './recent-memory.ts'
import { type Follower, Topic } from './topic.ts'

/** Conversations that nobody follows any more and that are remembered all the same, at most. */
const maxLingering = 1000

export interface TopicsDependencies {
  readonly bus: EventBus
  /** What all topics may keep in memory. */
  readonly recentBytes: number
  /** How long a conversation is remembered that nobody follows any more. */
  readonly lingerMs: number
  readonly watch?: DeliveryWatch | undefined
}

interface ListenedTo {
  readonly topic: Topic
  readonly subscription: BusSubscription
  /** Undefined once the bus delivers. */
  ready: Promise<void> | undefined
}

/**
 * The topics of all conversations that somebody here follows, or did a moment ago: whoever was cut finds what they missed
 * in memory when they come back.
 */
export class Topics implements Disposable {
  readonly #dependencies: TopicsDependencies
  readonly #memory: RecentMemory
  readonly #topics = new Map<ConversationId, ListenedTo>()
  /** Since when nobody has followed them; the longest ago first. */
  readonly #lingering = new Map<Topic, number>()

  constructor(dependencies: TopicsDependencies) {
    this.#dependencies = dependencies
    this.#memory = new RecentMemory(dependencies.recentBytes)
  }

  get recentBytes(): number {
    return this.#memory.bytes
  }

  get conversationIds(): readonly ConversationId[] {
    return [...this.#topics.keys()]
  }

  find(conversationId: ConversationId): Topic | undefined {
    return this.#topics.get(conversationId)?.topic
  }

  /** Resolves when the bus delivers what is announced of it; undefined where it does. */
  whenReady({ conversationId }: Topic): Promise<void> | undefined {
    return this.#topics.get(conversationId)?.ready
  }

  follow(conversationId: ConversationId, follower: Follower): Topic {
    const topic = this.find(conversationId) ?? this.#listen(conversationId)
    topic.followers.add(follower)
    this.#lingering.delete(topic)
    return topic
  }

  unfollow(topic: Topic, follower: Follower): void {
    topic.followers.delete(follower)
    if (topic.followers.size > 0 || this.find(topic.conversationId) !== topic) return
    if (topic.hasEvents) this.#lingering.set(topic, performance.now())
    else this.#drop(topic)
    this.#dropOutlived()
  }

  /** Lets go of those that nobody has come back to, and of those that remember nothing. */
  sweep(): void {
    this.#dropOutlived()
    for (const topic of this.#lingering.keys()) if (!topic.hasEvents) this.#drop(topic)
  }

  [Symbol.dispose](): void {
    for (const { topic } of [...this.#topics.values()]) this.#drop(topic)
  }

  #listen(conversationId: ConversationId): Topic {
    const topic = new Topic(conversationId, this.#memory, this.#dependencies.watch)
    const subscription = this.#dependencies.bus.subscribe(conversationId, topic)
    const listenedTo: ListenedTo = { topic, subscription, ready: subscription.ready }
    void subscription.ready.then(() => {
      listenedTo.ready = undefined
    })
    this.#topics.set(conversationId, listenedTo)
    return topic
  }

  #dropOutlived(): void {
    const now = performance.now()
    for (const [topic, since] of this.#lingering) {
      const stays = this.#lingering.size <= maxLingering && now - since < this.#dependencies.lingerMs
      if (stays) return
      this.#drop(topic)
    }
  }

  #drop(topic: Topic): void {
    this.#topics.get(topic.conversationId)?.subscription[Symbol.dispose]()
    this.#topics.delete(topic.conversationId)
    this.#lingering.delete(topic)
    topic.close()
  }
}
