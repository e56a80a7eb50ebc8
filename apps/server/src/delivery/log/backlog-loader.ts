import type { MessageStore } from '@cpc-messenger/messenger'
import { ringSize, type Topic } from './topic.ts'

/** Where reads begin: those who come back at places near each other need the same. */
const steps = 128

export interface BacklogLoaderDependencies {
  readonly store: MessageStore
  /** Resolves once the topic has heard as far as this head, or has been told that it is there. */
  readonly ensureCaughtUpTo: (topic: Topic, head: number) => Promise<unknown>
}

/** Brings recent events of a log back into the memory of its topic, with one read for all who wait for them. */
export class BacklogLoader {
  readonly #dependencies: BacklogLoaderDependencies
  readonly #running = new Map<Topic, Promise<boolean>>()

  constructor(dependencies: BacklogLoaderDependencies) {
    this.#dependencies = dependencies
  }

  /** Resolves with whether the topic remembers all that follows this position. */
  async load(topic: Topic, position: number): Promise<boolean> {
    let from = Number.POSITIVE_INFINITY
    while (position < topic.bufferedAfter) {
      // What was read may have been evicted again at once: then there is no room for it.
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
    const { store, ensureCaughtUpTo } = this.#dependencies
    const { conversationId, bufferedAfter } = topic
    const after = position - (position % steps)
    const page = await store.latest.log.page({ conversationId, after, limit: bufferedAfter - after })
    await ensureCaughtUpTo(topic, page.head)
    return topic.prependBacklog(page)
  }
}
