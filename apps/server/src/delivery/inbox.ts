import type { CommitMark, ConversationId } from '@cpc-messenger/messenger'
import type { Hub } from './hub.ts'
import type { StreamItem } from './stream-item.ts'
import type { Topic } from './topic.ts'

const positionEveryMs = 10_000

/** The conversations of one subscriber's inbox. Where their logs stand is known by the topics; only lags have cursors. */
export class Inbox {
  readonly #hub: Hub
  readonly #notices: Disposable
  readonly #onLeft: (conversationId: ConversationId) => void
  readonly #topics = new Map<ConversationId, Topic>()
  #mark: CommitMark
  #told = false
  #toldAt = 0
  #flowed = false

  /**
   * `mark` is of a moment at or before which the heads were read that the inbox starts from. `onLeft` is told of each
   * conversation that is none of the inbox's any more.
   */
  constructor(
    hub: Hub,
    topics: Iterable<Topic>,
    mark: CommitMark,
    notices: Disposable,
    onLeft: (conversationId: ConversationId) => void,
  ) {
    this.#hub = hub
    this.#notices = notices
    this.#onLeft = onLeft
    this.#mark = mark
    for (const topic of topics) this.#topics.set(topic.conversationId, topic)
  }

  has(conversationId: ConversationId): boolean {
    return this.#topics.has(conversationId)
  }

  joined(topic: Topic): void {
    this.#topics.set(topic.conversationId, topic)
  }

  left(conversationId: ConversationId): void {
    if (this.#topics.delete(conversationId)) this.#onLeft(conversationId)
  }

  /** An event was delivered. */
  flowed(): void {
    this.#flowed = true
  }

  /** Where the inbox stands, if it is time to tell. Called when everything that this node has heard of is delivered. */
  position(now: number): StreamItem | undefined {
    const compared = this.#hub.comparedMark
    if (compared !== undefined && this.#told) this.#mark = this.#hub.store.laterMark(this.#mark, compared)
    if (this.#told && (!this.#flowed || now - this.#toldAt < positionEveryMs)) return undefined
    this.#told = true
    this.#flowed = false
    this.#toldAt = now
    return { kind: 'position', conversationId: null, position: this.#mark, sequence: 0, live: true }
  }

  /** Answers the topics that it listened to. */
  close(): readonly Topic[] {
    this.#notices[Symbol.dispose]()
    return [...this.#topics.values()]
  }
}
