import type { ConversationId, MessageStore } from '@cpc-messenger/messenger'
import type { Log } from '../services/log.ts'
import type { Meter } from '../services/meter.ts'
import type { Topic } from './topic.ts'
import type { Topics } from './topics.ts'

/** Conversations whose heads are read in one query. */
const headsAtOnce = 1000

export interface HeadComparisonParts {
  readonly store: MessageStore
  readonly log: Log
  readonly topics: Topics
  readonly hearUpTo: (topic: Topic, head: number) => Promise<boolean>
  readonly meter?: Pick<Meter, 'headsFoundBehind'>
  readonly lostTail?: (conversationId: ConversationId) => void
}

/**
 * Compares what this node has heard with the heads in the store: whatever became of an announcement, its event is found
 * by the next comparison.
 */
export class HeadComparison {
  readonly #parts: HeadComparisonParts
  /** Told of already. */
  readonly #lost = new WeakSet<Topic>()

  constructor(parts: HeadComparisonParts) {
    this.#parts = parts
  }

  /** Resolves once every topic knows of what the store had when it was asked. */
  async run(): Promise<void> {
    const { topics, log, meter } = this.#parts
    const lagging: Promise<boolean>[] = []
    const ids = topics.conversationIds
    for (let start = 0; start < ids.length; start += headsAtOnce)
      lagging.push(...(await this.#compare(ids.slice(start, start + headsAtOnce))))
    const lost = (await Promise.all(lagging)).filter(told => told).length
    if (lost === 0) return
    meter?.headsFoundBehind(lost)
    log.warn({ logs: lost }, 'logs had grown without this node hearing of it')
  }

  async #compare(ids: readonly ConversationId[]): Promise<readonly Promise<boolean>[]> {
    const { topics, store, hearUpTo } = this.#parts
    // What is heard while the store answers may be newer than the answer.
    const known = new Map(ids.map(id => [id, topics.find(id)?.head ?? 0]))
    const lagging: Promise<boolean>[] = []
    for (const { conversationId, head } of await store.latest.heads(ids)) {
      const topic = topics.find(conversationId)
      if (topic === undefined) continue
      if (head > topic.head) lagging.push(hearUpTo(topic, head))
      else if (head < (known.get(conversationId) ?? 0)) this.#tailIsLost(topic, head)
      known.delete(conversationId)
    }
    for (const [conversationId, before] of known) {
      const topic = topics.find(conversationId)
      if (topic !== undefined && before > 0) this.#tailIsLost(topic, 0)
    }
    return lagging
  }

  #tailIsLost(topic: Topic, head: number): void {
    if (this.#lost.has(topic)) return
    this.#lost.add(topic)
    const { conversationId, head: known } = topic
    this.#parts.log.error(
      { conversationId, head, known },
      'the store has lost the end of a log that this node has seen',
    )
    this.#parts.lostTail?.(conversationId)
  }
}
