import type { ConversationId, InboxHead, Inbox as StoredInbox } from '@cpc-messenger/messenger'
import type { Topic } from '../log/topic.ts'

/** How far an inbox had come when a reading of it was begun. */
export interface InboxProgress {
  /** Events that it had delivered. */
  readonly delivered: number
  /** Conversations that it had taken up. */
  readonly joins: number
}

/** What an inbox knows of its conversations. */
export interface InboxTopics {
  topicOf(conversationId: ConversationId): Topic | undefined
  /** How many it had taken up with this one. */
  joinOf(conversationId: ConversationId): number
}

/** An inbox as the store showed it at one moment, until everything of that moment is delivered. */
export class InboxReading {
  readonly stored: StoredInbox
  readonly since: InboxProgress
  #behind: readonly InboxHead[]
  /** Conversations that the inbox had and the store did not show: their ends are still to come. */
  #ending: readonly ConversationId[]

  constructor(stored: StoredInbox, since: InboxProgress, known: Iterable<ConversationId>) {
    this.stored = stored
    this.since = since
    this.#behind = stored.conversations
    const shown = new Set(stored.conversations.map(({ conversationId }) => conversationId))
    this.#ending = [...known].filter(id => !shown.has(id))
  }

  /**
   * Call it when every received event is delivered. `outdated`: the inbox has lost a conversation of this reading since, so
   * whether more of it is to be delivered is unknown.
   */
  progressIn(topics: InboxTopics): 'behind' | 'delivered' | 'outdated' {
    if (this.#behind.some(({ conversationId }) => topics.topicOf(conversationId) === undefined)) return 'outdated'
    this.#behind = this.#behind.filter(({ conversationId, head }) => (topics.topicOf(conversationId)?.head ?? 0) < head)
    this.#ending = this.#ending.filter(id => topics.topicOf(id) !== undefined && topics.joinOf(id) <= this.since.joins)
    return this.#behind.length === 0 && this.#ending.length === 0 ? 'delivered' : 'behind'
  }
}
