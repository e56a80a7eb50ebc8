import type { ConversationId, MessageId, MessageStore } from '@cpc-messenger/messenger'
import DataLoader from 'dataloader'
import { LruCache } from '../caching/lru-cache.ts'

const maxCached = 50_000

/** The conversation of each message. It never changes, so that an entry never becomes outdated. */
export class MessageConversationCache {
  readonly #known = new LruCache<MessageId, ConversationId>(maxCached)
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
    const conversationIds = ids.map(id => this.#known.get(id))
    return conversationIds.every(conversationId => conversationId !== undefined) ? conversationIds : undefined
  }

  /** The conversations of the messages that exist. */
  async find(ids: readonly MessageId[]): Promise<readonly ConversationId[]> {
    const conversationIds = await Promise.all(ids.map(id => this.#known.get(id) ?? this.#loader.load(id)))
    for (const [index, conversationId] of conversationIds.entries()) {
      const id = ids[index]
      if (id !== undefined && conversationId !== undefined) this.remember(id, conversationId)
    }
    return conversationIds.filter(conversationId => conversationId !== undefined)
  }

  remember(id: MessageId, conversationId: ConversationId): void {
    this.#known.set(id, conversationId)
  }
}
