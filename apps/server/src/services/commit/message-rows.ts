import type { Message, SentKey } from '@cpc-messenger/messenger'
import { TrackedRows } from './tracked-rows.ts'

const sentText = ({ conversationId, authorId, clientMessageId }: SentKey): string =>
  `${conversationId} ${authorId} ${clientMessageId}`

/** Messages, which are also found by the key that their client sent them with. */
export class MessageRows extends TrackedRows<Message> {
  readonly #bySentKey = new Map<string, string>()

  constructor() {
    super(({ id }) => id)
  }

  bySentKey(key: SentKey): Message | undefined {
    const id = this.#bySentKey.get(sentText(key))
    return id === undefined ? undefined : this.get(id)
  }

  override load(message: Message): void {
    super.load(message)
    this.#index(message)
  }

  override put(message: Message): void {
    super.put(message)
    this.#index(message)
  }

  #index({ id, conversationId, authorId, clientMessageId }: Message): void {
    if (authorId !== null && clientMessageId !== null)
      this.#bySentKey.set(sentText({ conversationId, authorId, clientMessageId }), id)
  }
}
