import type { ConversationId, MessageStore } from '@cpc-messenger/messenger'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import type { Logs } from '../log/logs.ts'
import type { Topic } from '../log/topic.ts'

/** Conversations whose heads are read in one query. */
const headsPerQuery = 1000

interface HeadComparisonDependencies {
  readonly store: MessageStore
  readonly log: Logger
  readonly logs: Logs
  readonly meter?: Pick<Meter, 'headsFoundBehind'> | undefined
  /** Called once for each topic whose store head is lower than a head that this node has committed or read. */
  readonly lostTail?: ((conversationId: ConversationId) => void) | undefined
}

interface Known {
  readonly confirmed: number
  readonly received: number
}

const knownOf = (topic: Topic | undefined): Known => ({
  confirmed: topic?.confirmed ?? 0,
  received: topic?.head ?? 0,
})

/** Compares the heads that this node has received with those in the store, and so finds events whose announcements were lost. */
export class HeadComparison {
  readonly #dependencies: HeadComparisonDependencies
  /** Topics that were reported already. */
  readonly #lost = new WeakSet<Topic>()

  constructor(dependencies: HeadComparisonDependencies) {
    this.#dependencies = dependencies
  }

  /** Resolves once every topic has reached the head that the store had when it was asked. */
  async run(): Promise<void> {
    const { logs, log, meter } = this.#dependencies
    const lagging: Promise<boolean>[] = []
    const ids = logs.topics.conversationIds
    for (let start = 0; start < ids.length; start += headsPerQuery)
      lagging.push(...(await this.#compare(ids.slice(start, start + headsPerQuery))))
    const missed = (await Promise.all(lagging)).filter(advanced => advanced).length
    if (missed === 0) return
    meter?.headsFoundBehind(missed)
    log.warn({ logs: missed }, 'announcements were lost: logs have grown without this node receiving their events')
  }

  async #compare(ids: readonly ConversationId[]): Promise<readonly Promise<boolean>[]> {
    const { logs, store } = this.#dependencies
    // Events that are received while the store answers may be newer than the answer.
    const known = new Map(ids.map(id => [id, knownOf(logs.topics.find(id))]))
    const lagging: Promise<boolean>[] = []
    for (const { conversationId, head } of await store.latest.log.heads(ids)) {
      const topic = logs.topics.find(conversationId)
      if (topic === undefined) continue
      if (head > topic.head) lagging.push(logs.catchUp.ensureCaughtUpTo(topic, head))
      else this.#requireNoLess(topic, head, known.get(conversationId))
      topic.confirm(head)
      known.delete(conversationId)
    }
    for (const [conversationId, before] of known) {
      const topic = logs.topics.find(conversationId)
      if (topic !== undefined) this.#requireNoLess(topic, 0, before)
    }
    return lagging
  }

  /** `before` is what was known before the store was asked. Only what this node has seen in the store can be lost. */
  #requireNoLess(topic: Topic, head: number, { confirmed, received }: Known = knownOf(undefined)): void {
    if (head < confirmed) this.#reportLostTail(topic, head)
    else if (head < received) {
      const { conversationId } = topic
      this.#dependencies.log.error(
        { conversationId, head, received },
        'another node announced events that are not in the store',
      )
      topic.retract(head)
    }
  }

  #reportLostTail(topic: Topic, head: number): void {
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
