import type { MessageStore } from '@cpc-messenger/messenger'
import type { CatchUp } from './catch-up.ts'
import { ringSize, type Topic } from './topic.ts'

/** Reads start at multiples of this, so that subscribers with nearby positions share a read. */
const alignment = 128

/** Loads recent events of a log into its topic's memory, with one read for all cursors that need them. */
export class BacklogLoader {
  readonly #store: MessageStore
  readonly #catchUp: CatchUp
  readonly #running = new Map<Topic, Promise<boolean>>()

  constructor(store: MessageStore, catchUp: CatchUp) {
    this.#store = store
    this.#catchUp = catchUp
  }

  /** Resolves with whether the topic has every event after this position in memory. Concurrent calls share one read. */
  async load(topic: Topic, position: number): Promise<boolean> {
    let from = Number.POSITIVE_INFINITY
    while (position < topic.bufferedAfter) {
      // If a load brought nothing, its events were evicted at once: there is no memory for them.
      if (position < topic.head - ringSize || topic.bufferedAfter >= from) return false
      from = topic.bufferedAfter
      const running = this.#running.get(topic) ?? this.#begin(topic, position)
      if (!(await running)) return false
    }
    return true
  }

  #begin(topic: Topic, position: number): Promise<boolean> {
    const running = this.#read(topic, position).finally(() => this.#running.delete(topic))
    this.#running.set(topic, running)
    return running
  }

  async #read(topic: Topic, position: number): Promise<boolean> {
    const { conversationId, bufferedAfter } = topic
    const after = position - (position % alignment)
    const page = await this.#store.latest.log.page({ conversationId, after, limit: bufferedAfter - after })
    await this.#catchUp.ensureCaughtUpTo(topic, page.head)
    return topic.prependBacklog(page)
  }
}
