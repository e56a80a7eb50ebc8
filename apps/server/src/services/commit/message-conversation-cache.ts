import type { ConversationId, MessageId, MessageStore } from '@cpc-messenger/messenger'
import DataLoader from 'dataloader'

/** Least number of the most recent entries that are kept; at most twice as many are. */
const maxCached = 25_000

/** Caches the conversation of each message. A message never moves, so entries never become invalid. */
export class MessageConversationCache {
  #newer = new Map<MessageId, ConversationId>()
  #older: ReadonlyMap<MessageId, ConversationId> = new Map()
  readonly #loader: DataLoader<MessageId, ConversationId | undefined>

  constructor(store: Pick<MessageStore, 'latest'>) {
    this.#loader = new DataLoader(
      async ids => {
        const conversationIds = new Map(
          (await store.latest.messages.conversationsOf(ids)).map(({ messageId, conversationId }) => [
            messageId,
            conversationId,
          ]),
        )
        return ids.map(id => conversationIds.get(id))
      },
      { cache: false },
    )
  }

  /** Undefined if one of them is not cached. */
  known(ids: readonly MessageId[]): readonly ConversationId[] | undefined {
    const conversationIds = ids.map(id => this.#known(id))
    return conversationIds.every(conversationId => conversationId !== undefined) ? conversationIds : undefined
  }

  /** The conversations of the messages that exist. */
  async find(ids: readonly MessageId[]): Promise<readonly ConversationId[]> {
    const conversationIds = await Promise.all(ids.map(id => this.#known(id) ?? this.#loader.load(id)))
    for (const [index, conversationId] of conversationIds.entries()) {
      const id = ids[index]
      if (id !== undefined && conversationId !== undefined) this.remember(id, conversationId)
    }
    return conversationIds.filter(conversationId => conversationId !== undefined)
  }

  remember(id: MessageId, conversationId: ConversationId): void {
    this.#newer.set(id, conversationId)
    if (this.#newer.size < maxCached) return
    this.#older = this.#newer
    this.#newer = new Map()
  }

  #known(id: MessageId): ConversationId | undefined {
    return this.#newer.get(id) ?? this.#older.get(id)
  }
}
