import type { Mention, MentionKey, MessageId } from '@cpc-messenger/messenger'

const keyText = ({ messageId, userId }: MentionKey): string => `${messageId} ${userId}`

/** The mentions in the messages that a batch changes. */
export class MentionRows {
  readonly #byMessage = new Map<MessageId, Map<string, Mention>>()
  readonly #added = new Map<string, Mention>()
  readonly #removed = new Map<string, MentionKey>()

  load(mentions: readonly Mention[]): void {
    for (const mention of mentions) this.#of(mention.messageId).set(mention.userId, mention)
  }

  /** The mentions in a message, which the batch has loaded or added. */
  of(messageId: MessageId): readonly Mention[] {
    return [...(this.#byMessage.get(messageId)?.values() ?? [])]
  }

  put(mention: Mention): void {
    this.#of(mention.messageId).set(mention.userId, mention)
    this.#added.set(keyText(mention), mention)
    this.#removed.delete(keyText(mention))
  }

  remove(key: MentionKey): void {
    this.#of(key.messageId).delete(key.userId)
    this.#added.delete(keyText(key))
    this.#removed.set(keyText(key), key)
  }

  changes() {
    return { mentionsAdded: [...this.#added.values()], mentionsRemoved: [...this.#removed.values()] }
  }

  #of(messageId: MessageId): Map<string, Mention> {
    const known = this.#byMessage.get(messageId) ?? new Map<string, Mention>()
    this.#byMessage.set(messageId, known)
    return known
  }
}
