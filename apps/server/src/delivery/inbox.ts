import type { ConversationId, Inbox as StoredInbox, UserId } from '@cpc-messenger/messenger'
import type { JoinListener } from './join-comparison.ts'
import type { StreamItem } from './stream-item.ts'
import type { Topic } from './topic.ts'

export interface InboxParts {
  readonly viewerId: UserId
  /** Takes up a conversation that the viewer may have joined. */
  take(conversationId: ConversationId): void
  /** Reads afresh what the viewer is a member of, takes up what the inbox lacks, and answers what was read. */
  refresh(): Promise<StoredInbox | undefined>
  /** There may be a position to tell. */
  onReady(): void
  readonly notices: Disposable
  /** A position is told this often at most, while events flow. */
  readonly positionEveryMs: number
}

/**
 * The conversations of one subscriber's inbox. Where their logs stand is known by the topics; only lags have cursors. Its
 * position is a mark of the store of whose moment every conversation is known to it and everything was delivered.
 */
export class Inbox implements JoinListener {
  readonly #parts: InboxParts
  readonly #topics = new Map<ConversationId, Topic>()
  /** Conversations that it had and lost, with how many it had lost by then. */
  readonly #lost = new Map<ConversationId, number>()
  #losses = 0
  /** Read, and not yet told: what it shows is not delivered yet, or it is not yet time. */
  #standing: StoredInbox | undefined
  #refreshing = false
  #flowed = false
  #toldAt: number | undefined
  #refreshedAt = performance.now()
  #closed = false

  constructor(topics: Iterable<Topic>, standing: StoredInbox, parts: InboxParts) {
    this.#parts = parts
    this.#standing = standing
    for (const topic of topics) this.#topics.set(topic.conversationId, topic)
  }

  /** Milliseconds since the conversations were last read from the store. */
  get age(): number {
    return performance.now() - this.#refreshedAt
  }

  get viewerId(): UserId {
    return this.#parts.viewerId
  }

  has(conversationId: ConversationId): boolean {
    return this.#topics.has(conversationId)
  }

  /** Conversations that it has lost so far. */
  get losses(): number {
    return this.#losses
  }

  /** Whether it lost this one after it had lost so many: what was read before that may be of a membership that has ended. */
  hasLostSince(losses: number, conversationId: ConversationId): boolean {
    return (this.#lost.get(conversationId) ?? 0) > losses
  }

  joined(topic: Topic): void {
    this.#topics.set(topic.conversationId, topic)
  }

  left(conversationId: ConversationId): void {
    if (!this.#topics.delete(conversationId)) return
    this.#losses += 1
    this.#lost.set(conversationId, this.#losses)
    this.#parts.take(conversationId)
  }

  mayHaveJoined(conversationId: ConversationId): void {
    if (!this.has(conversationId)) this.#parts.take(conversationId)
  }

  /** An event was delivered. */
  flowed(): void {
    this.#flowed = true
  }

  /** Where the inbox stands, if it is time to tell. Called when everything that this node has heard of is delivered. */
  position(): StreamItem | undefined {
    const now = performance.now()
    if (this.#toldAt !== undefined && (!this.#flowed || now - this.#toldAt < this.#parts.positionEveryMs))
      return undefined
    const standing = this.#standing
    if (standing === undefined) {
      void this.refresh()
      return undefined
    }
    if (!standing.conversations.every(({ conversationId, head }) => this.#hasDelivered(conversationId, head)))
      return undefined
    this.#standing = undefined
    this.#toldAt = now
    this.#flowed = false
    return { kind: 'position', conversationId: null, position: standing.mark, sequence: 0, live: true }
  }

  /** News of joining may have been lost. */
  outdate(): void {
    this.#refreshedAt = Number.NEGATIVE_INFINITY
  }

  /** Makes up for whatever news of joining was lost. */
  async refresh(): Promise<void> {
    if (this.#refreshing || this.#closed) return
    this.#refreshing = true
    const askedAt = performance.now()
    const standing = await this.#parts.refresh()
    this.#refreshing = false
    if (standing === undefined || this.#closed) return
    this.#refreshedAt = askedAt
    this.#standing = standing
    this.#parts.onReady()
  }

  /** Answers the topics that it listened to. */
  close(): readonly Topic[] {
    this.#closed = true
    this.#parts.notices[Symbol.dispose]()
    return [...this.#topics.values()]
  }

  /** One that is none of the inbox's any more has told its end. */
  #hasDelivered(conversationId: ConversationId, head: number): boolean {
    const topic = this.#topics.get(conversationId)
    return topic === undefined || topic.head >= head
  }
}
