import type { CommitMark, ConversationId, MessageStore, UserId } from '@cpc-messenger/messenger'

/** Joins that are read at once. If there are more, every inbox reads its own conversations. */
const maxJoins = 10_000

/** An inbox that may have missed a membership notice. */
interface JoinListener {
  readonly viewerId: UserId
  /** The viewer may have joined this conversation. */
  mayHaveJoined(conversationId: ConversationId): void
  /** Notices may have been lost: the conversations have to be read from the store again. */
  markStale(): void
}

/** Finds in the store who has joined which conversation, for notices that the bus has lost. */
export class JoinComparison {
  readonly #store: Pick<MessageStore, 'latest'>
  #mark: CommitMark | undefined

  constructor(store: Pick<MessageStore, 'latest'>) {
    this.#store = store
  }

  /** Reports to the listeners what their viewers have joined since the last run. */
  async run(listeners: Iterable<JoinListener>): Promise<void> {
    const byUser = Map.groupBy(listeners, ({ viewerId }) => viewerId)
    if (byUser.size === 0) {
      this.#mark = undefined
      return
    }
    if (this.#mark === undefined) {
      // Listeners that exist already may have missed joins before this mark.
      this.#mark = await this.#store.latest.inbox.mark()
      for (const listener of [...byUser.values()].flat()) listener.markStale()
      return
    }
    const { mark, joins } = await this.#store.latest.inbox.joinsSince(this.#mark, maxJoins)
    this.#mark = mark
    for (const { userId, conversationId } of joins)
      for (const listener of byUser.get(userId) ?? []) listener.mayHaveJoined(conversationId)
    if (joins.length >= maxJoins) for (const listener of [...byUser.values()].flat()) listener.markStale()
  }
}
