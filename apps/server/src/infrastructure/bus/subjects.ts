import type { ConversationId, UserId } from '@cpc-messenger/messenger'

/**
 * What a deployment's nodes say and receive, apart from those of another one on the same servers: ids of users may be the same
 * in both. All nodes on one database have the same prefix.
 */
export class Subjects {
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** What is said of one conversation. Typed ids hold nothing that means something in a subject. */
  conversation(id: ConversationId): string {
    return `${this.#prefix}.conversation.${id}`
  }

  /** What is said to one user, whose id may hold dots and wildcards. */
  user(id: UserId): string {
    return `${this.#prefix}.user.${Buffer.from(id).toString('base64url')}`
  }
}
