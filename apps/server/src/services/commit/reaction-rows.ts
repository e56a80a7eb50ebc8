import type { EmojiCount, MessageId, Reaction, ReactionKey } from '@cpc-messenger/messenger'

const textOf = (key: ReactionKey): string => `${key.messageId} ${key.userId} ${key.emoji}`

/** Reactions, which unlike other rows are also removed, and how often each emoji is on a message. */
export class ReactionRows {
  readonly #rows = new Map<string, Reaction>()
  readonly #counts = new Map<MessageId, Map<string, number>>()
  readonly #stored = new Set<string>()
  /** Added or removed by this batch. */
  readonly #touched = new Map<string, ReactionKey>()
  readonly #erased = new Set<MessageId>()

  load(reactions: readonly Reaction[], counts: readonly EmojiCount[]): void {
    for (const { messageId, emoji, count } of counts) this.#countsOf(messageId).set(emoji, count)
    for (const reaction of reactions) {
      this.#rows.set(textOf(reaction), reaction)
      this.#stored.add(textOf(reaction))
    }
  }

  get(key: ReactionKey): Reaction | undefined {
    return this.#rows.get(textOf(key))
  }

  emojiOn(messageId: MessageId): ReadonlySet<string> {
    return new Set(this.#countsOf(messageId).keys())
  }

  /** Adds a reaction, or replaces it. */
  put(reaction: Reaction): void {
    const text = textOf(reaction)
    const counts = this.#countsOf(reaction.messageId)
    if (!this.#rows.has(text)) counts.set(reaction.emoji, (counts.get(reaction.emoji) ?? 0) + 1)
    this.#rows.set(text, reaction)
    this.#touched.set(text, reaction)
  }

  remove(key: ReactionKey): void {
    const text = textOf(key)
    if (!this.#rows.delete(text)) return
    const counts = this.#countsOf(key.messageId)
    const remaining = (counts.get(key.emoji) ?? 1) - 1
    if (remaining > 0) counts.set(key.emoji, remaining)
    else counts.delete(key.emoji)
    this.#touched.set(text, key)
  }

  /** Removes all reactions to a message. No reaction can be added to it afterwards. */
  eraseAll(messageId: MessageId): void {
    this.#erased.add(messageId)
  }

  changes() {
    const touched = [...this.#touched].filter(([, { messageId }]) => !this.#erased.has(messageId))
    return {
      reactionsRemoved: touched.filter(([text]) => this.#stored.has(text)).map(([, key]) => key),
      reactionsErased: [...this.#erased],
      reactionsAdded: touched.flatMap(([text]) => this.#rows.get(text) ?? []),
    }
  }

  #countsOf(messageId: MessageId): Map<string, number> {
    const counts = this.#counts.get(messageId) ?? new Map<string, number>()
    this.#counts.set(messageId, counts)
    return counts
  }
}
