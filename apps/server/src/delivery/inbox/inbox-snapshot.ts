import type { ConversationId, InboxHead, StoredInbox } from '@cpc-messenger/messenger'
import type { Topic } from '../log/topic.ts'

/** The progress of an inbox when a snapshot of it was begun. */
interface InboxProgress {
  /** Events delivered. */
  readonly delivered: number
  /** Conversations joined since the inbox was opened. */
  readonly joins: number
}

/** What a snapshot needs to know about its inbox. */
export interface InboxTopics {
  topicOf(conversationId: ConversationId): Topic | undefined
  /** The ordinal of this conversation's join since the inbox was opened; 0 if the inbox was opened with it. */
  joinOf(conversationId: ConversationId): number
}

/** The state of an inbox in one snapshot of the store, kept until everything in that snapshot is delivered. */
export class InboxSnapshot {
  readonly stored: StoredInbox
  readonly since: InboxProgress
  #behind: readonly InboxHead[]
  /** Conversations of the inbox that the store did not show: their ends have not been delivered yet. */
  #ending: readonly ConversationId[]

  constructor(stored: StoredInbox, since: InboxProgress, known: Iterable<ConversationId>) {
    this.stored = stored
    this.since = since
    this.#behind = stored.conversations
    const shown = new Set(stored.conversations.map(({ conversationId }) => conversationId))
    this.#ending = [...known].filter(id => !shown.has(id))
  }

  /**
   * Call it when every received event is delivered. `outdated`: the inbox has lost a conversation of this snapshot since,
   * so whether more of that conversation has to be delivered is unknown.
   */
  progressIn(topics: InboxTopics): 'behind' | 'delivered' | 'outdated' {
    if (this.#behind.some(({ conversationId }) => topics.topicOf(conversationId) === undefined)) return 'outdated'
    this.#behind = this.#behind.filter(({ conversationId, head }) => (topics.topicOf(conversationId)?.head ?? 0) < head)
    this.#ending = this.#ending.filter(id => topics.topicOf(id) !== undefined && topics.joinOf(id) <= this.since.joins)
    return this.#behind.length === 0 && this.#ending.length === 0 ? 'delivered' : 'behind'
  }
}
