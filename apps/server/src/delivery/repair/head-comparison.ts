import type { ConversationId, MessageStore } from '@cpc-messenger/messenger'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import type { Topic } from '../log/topic.ts'
import type { Topics } from '../log/topics.ts'

/** Conversations whose heads are read in one query. */
const headsAtOnce = 1000

export interface HeadComparisonDependencies {
  readonly store: MessageStore
  readonly log: Logger
  readonly topics: Topics
  readonly ensureCaughtUpTo: (topic: Topic, head: number) => Promise<boolean>
  readonly meter?: Pick<Meter, 'headsFoundBehind'>
  readonly lostTail?: (conversationId: ConversationId) => void
}

interface Known {
  readonly confirmed: number
  readonly received: number
}

const knownOf = (topic: Topic | undefined): Known => ({ confirmed: topic?.confirmed ?? 0, received: topic?.head ?? 0 })

/**
 * Compares what this node has received with the heads in the store: whatever became of an announcement, its event is found
 * by the next comparison.
 */
export class HeadComparison {
  readonly #dependencies: HeadComparisonDependencies
  /** Told of already. */
  readonly #lost = new WeakSet<Topic>()

  constructor(dependencies: HeadComparisonDependencies) {
    this.#dependencies = dependencies
  }

  /** Resolves once every topic knows of what the store had when it was asked. */
  async run(): Promise<void> {
    const { topics, log, meter } = this.#dependencies
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
    const { topics, store, ensureCaughtUpTo } = this.#dependencies
    // What is received while the store answers may be newer than the answer.
    const known = new Map(ids.map(id => [id, knownOf(topics.find(id))]))
    const lagging: Promise<boolean>[] = []
    for (const { conversationId, head } of await store.latest.log.heads(ids)) {
      const topic = topics.find(conversationId)
      if (topic === undefined) continue
      if (head > topic.head) lagging.push(ensureCaughtUpTo(topic, head))
      else this.#requireNoLess(topic, head, known.get(conversationId))
      topic.confirm(head)
      known.delete(conversationId)
    }
    for (const [conversationId, before] of known) {
      const topic = topics.find(conversationId)
      if (topic !== undefined) this.#requireNoLess(topic, 0, before)
    }
    return lagging
  }

  /** `before` is what was known before the store was asked. Only what this node itself has seen stored can be lost. */
  #requireNoLess(topic: Topic, head: number, { confirmed, received }: Known = knownOf(undefined)): void {
    if (head < confirmed) this.#tailIsLost(topic, head)
    else if (head < received) {
      const { conversationId } = topic
      this.#dependencies.log.error(
        { conversationId, head, received },
        'another node announced events that are not in the store',
      )
      topic.retract(head)
    }
  }

  #tailIsLost(topic: Topic, head: number): void {
    if (this.#lost.has(topic)) return
    this.#lost.add(topic)
    const { conversationId, head: known } = topic
    this.#dependencies.log.error(
      { conversationId, head, known },
      'the store has lost the end of a log that this node has seen',
    )
    this.#dependencies.lostTail?.(conversationId)
  }
}
