import type { Mention, MentionKey } from '@cpc-messenger/messenger'

const keyText = ({ messageId, userId }: MentionKey): string => `${messageId} ${userId}`

/** The mentions that a batch adds and removes. None is loaded: the content of a message says which ones are stored. */
export class MentionRows {
  readonly #added = new Map<string, Mention>()
  readonly #removed = new Map<string, MentionKey>()

  put(mention: Mention): void {
    this.#added.set(keyText(mention), mention)
    this.#removed.delete(keyText(mention))
  }

  remove(key: MentionKey): void {
    this.#added.delete(keyText(key))
    this.#removed.set(keyText(key), key)
  }

  changes() {
    return { mentionsAdded: [...this.#added.values()], mentionsRemoved: [...this.#removed.values()] }
  }
}
