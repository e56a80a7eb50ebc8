import type { Conversation } from '@cpc-messenger/messenger'
import { TrackedRows } from './tracked-rows.ts'

/** Conversations, which are also found by their direct pair and by their key. */
export class ConversationRows extends TrackedRows<Conversation> {
  readonly #byDirectPair = new Map<string, string>()
  readonly #byKey = new Map<string, string>()

  constructor() {
    super(({ id }) => id)
  }

  byDirectPair(pair: string): Conversation | undefined {
    const id = this.#byDirectPair.get(pair)
    return id === undefined ? undefined : this.get(id)
  }

  hasKey(key: string): boolean {
    return this.#byKey.has(key)
  }

  override load(conversation: Conversation): void {
    this.#index(conversation)
    super.load(conversation)
  }

  override put(conversation: Conversation): void {
    this.#index(conversation)
    super.put(conversation)
  }

  #index(conversation: Conversation): void {
    const before = this.get(conversation.id)?.key ?? null
    if (before !== null && before !== conversation.key) this.#byKey.delete(before)
    if (conversation.directPair !== null) this.#byDirectPair.set(conversation.directPair, conversation.id)
    if (conversation.key !== null) this.#byKey.set(conversation.key, conversation.id)
  }
}
