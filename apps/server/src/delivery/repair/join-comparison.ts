import type { CommitMark, ConversationId, MessageStore, UserId } from '@cpc-messenger/messenger'

/** Joins that are read at once. After more of them every inbox reads its own. */
const maxJoins = 10_000

/** Whose news of joining may have been lost. */
export interface JoinListener {
  readonly viewerId: UserId
  /** The viewer may have joined this conversation. */
  mayHaveJoined(conversationId: ConversationId): void
  /** News of joining may have been lost. */
  outdate(): void
}

/** Finds who has joined what in the store, whatever became of the notices. */
export class JoinComparison {
  readonly #store: Pick<MessageStore, 'latest'>
  #mark: CommitMark | undefined

  constructor(store: Pick<MessageStore, 'latest'>) {
    this.#store = store
  }

  /** Tells the listeners what has been joined since the last time. */
  async run(listeners: Iterable<JoinListener>): Promise<void> {
    const byUser = Map.groupBy(listeners, ({ viewerId }) => viewerId)
    if (byUser.size === 0) {
      this.#mark = undefined
      return
    }
    if (this.#mark === undefined) {
      // Those who listen already may have missed what came before it.
      this.#mark = await this.#store.latest.inbox.mark()
      for (const listener of [...byUser.values()].flat()) listener.outdate()
      return
    }
    const { mark, joins } = await this.#store.latest.inbox.joinsSince(this.#mark, maxJoins)
    this.#mark = mark
    for (const { userId, conversationId } of joins)
      for (const listener of byUser.get(userId) ?? []) listener.mayHaveJoined(conversationId)
    if (joins.length >= maxJoins) for (const listener of [...byUser.values()].flat()) listener.outdate()
  }
}
