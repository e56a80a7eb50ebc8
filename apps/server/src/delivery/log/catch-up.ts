import { setTimeout as delay } from 'node:timers/promises'
import type { Topic } from './topic.ts'
import type { Topics } from './topics.ts'

/** A commit is announced within this time, unless the announcement was lost. */
const announceTimeoutMs = 50

interface PendingGap {
  readonly head: number
  readonly advanced: Promise<boolean>
}

/** Brings topics up to heads that were read from the store before the announcements arrived. */
export class CatchUp {
  readonly #topics: Topics
  readonly #pendingGaps = new Map<Topic, PendingGap>()

  constructor(topics: Topics) {
    this.#topics = topics
  }

  /**
   * The store has this head. Resolves once the topic has received every event up to it, or was advanced to it because the
   * announcement did not arrive in time; returns whether it was advanced. Until then, the topic's rows may be older than
   * what the reader of the head has seen.
   */
  async ensureCaughtUpTo(topic: Topic, head: number): Promise<boolean> {
    topic.confirm(head)
    if (head <= topic.head) return false
    if (topic.head === 0) {
      topic.advance(head)
      return false
    }
    return Promise.race([topic.whenReceived(head), this.#advance(topic, head)])
  }

  #advance(topic: Topic, head: number): Promise<boolean> {
    const pending = this.#pendingGaps.get(topic)
    if (pending !== undefined && pending.head >= head) return pending.advanced
    const advanced = this.#advanceLater(topic, head)
    this.#pendingGaps.set(topic, { head, advanced })
    return advanced
  }

  async #advanceLater(topic: Topic, head: number): Promise<boolean> {
    await delay(announceTimeoutMs, undefined, { ref: false })
    if (this.#pendingGaps.get(topic)?.head === head) this.#pendingGaps.delete(topic)
    const missed = topic.head < head
    topic.advance(head)
    // A topic that was dropped meanwhile no longer receives announcements: that is not a loss.
    return missed && this.#topics.find(topic.conversationId) === topic
  }
}
