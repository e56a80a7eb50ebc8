import type { ConversationId, MessageId, MessageStore } from '@cpc-messenger/messenger'
import DataLoader from 'dataloader'

const remembered = 50_000

/** In which conversation each message is: it never moves, so what is known stays known. */
export class MessageHomes {
  readonly #known = new Map<MessageId, ConversationId>()
  readonly #loader: DataLoader<MessageId, ConversationId | undefined>

  constructor(store: Pick<MessageStore, 'conversationsOfMessages'>) {
    this.#loader = new DataLoader(
      async ids => {
        const homes = new Map(
          (await store.conversationsOfMessages(ids)).map(({ messageId, conversationId }) => [
            messageId,
            conversationId,
          ]),
        )
        return ids.map(id => homes.get(id))
      },
      { cache: false },
    )
  }

  /** Undefined where one of them has to be looked up. */
  known(ids: readonly MessageId[]): readonly ConversationId[] | undefined {
    const homes = ids.map(id => this.#known.get(id))
    return homes.every(home => home !== undefined) ? homes : undefined
  }

  /** Of those that exist. */
  async find(ids: readonly MessageId[]): Promise<readonly ConversationId[]> {
    const homes = await Promise.all(ids.map(id => this.#known.get(id) ?? this.#loader.load(id)))
    for (const [index, home] of homes.entries()) {
      const id = ids[index]
      if (id !== undefined && home !== undefined) this.remember(id, home)
    }
    return homes.filter(home => home !== undefined)
  }

  remember(id: MessageId, conversationId: ConversationId): void {
    this.#known.set(id, conversationId)
    if (this.#known.size <= remembered) return
    const [oldest] = this.#known.keys()
    if (oldest !== undefined) this.#known.delete(oldest)
  }
}
