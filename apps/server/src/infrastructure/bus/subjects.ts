import type { ConversationId, UserId } from '@cpc-messenger/messenger'

const characters = 12

/**
 * What a deployment's nodes say and hear, apart from those of another one on the same servers: ids of users may be the same
 * in both. All nodes on one database know its epoch.
 */
export class Subjects {
  readonly #prefix: string

  /** The epoch is a random UUID. */
  constructor(epoch: string) {
    this.#prefix = `messenger.${epoch.replaceAll('-', '').slice(0, characters)}`
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
