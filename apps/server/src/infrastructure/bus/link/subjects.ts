import type { ConversationId, SignalTopic, UserId } from '@cpc-messenger/messenger'

const nameOf = (id: UserId): string => Buffer.from(id).toString('base64url')

/**
 * The NATS subjects of one deployment. All nodes of one database share a prefix, which separates them from other deployments
 * on the same servers: their ids of users may be the same.
 */
export class Subjects {
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** The subject of one conversation. Typed ids contain no character that is special in a subject. */
  conversation(id: ConversationId): string {
    return `${this.#prefix}.conversation.${id}`
  }

  /** The subject of one user, whose id may contain dots and wildcards. */
  user(id: UserId): string {
    return `${this.#prefix}.user.${nameOf(id)}`
  }

  /** The subject of all changes of presence. */
  get presence(): string {
    return `${this.#prefix}.presence`
  }

  /** The subject of the signals of one topic. */
  signals(topic: SignalTopic): string {
    switch (topic.kind) {
      case 'conversation':
        return `${this.#prefix}.signals.conversation.${topic.conversationId}`
      case 'private':
        return `${this.#prefix}.signals.private.${nameOf(topic.userId)}`
      case 'profiles':
        return `${this.#prefix}.signals.profiles`
    }
  }
}
