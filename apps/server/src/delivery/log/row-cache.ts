import {
  assertNever,
  type Conversation,
  type EventRows,
  type FirstReactors,
  type LogEvent,
  type Membership,
  type Message,
  type MessageId,
  type ReactionSummary,
} from '@cpc-messenger/messenger'
import { byMessage, ReactionCache, type ReadReactions } from './reaction-cache.ts'
import { conversationBytes, membershipBytes, messageBytes } from './row-bytes.ts'
import type { DeliveredEvent } from './stream-item.ts'
import { VersionedRows } from './versioned-rows.ts'

/**
 * The rows of events of one log, each in its highest version. Every change to a row is an event, so the version of a row is
 * the head at which it was read. A message also has the sequence of its newest event. A conversation changes with each event.
 */
export class RowCache {
  readonly #messages = new VersionedRows<Message>(messageBytes)
  readonly #memberships = new VersionedRows<Membership>(membershipBytes)
  readonly #conversations = new VersionedRows<Conversation>(conversationBytes)
  readonly #reactions = new ReactionCache()

  get bytes(): number {
    return this.#messages.bytes + this.#memberships.bytes + this.#conversations.bytes + this.#reactions.bytes
  }

  put(rows: EventRows, asOf: number): void {
    for (const message of rows.messages) this.#putMessage(message, asOf)
    for (const membership of rows.memberships) this.#memberships.put(membership.id, membership, asOf)
    for (const conversation of rows.conversations) this.#conversations.put(conversation.id, conversation, asOf)
  }

  /** Adds the rows of received events. */
  receive(events: readonly LogEvent[], rows: EventRows, asOf: number): void {
    const before = new Map(rows.messages.map(({ id }) => [id, this.message(id)]))
    this.put(rows, asOf)
    for (const [id, about] of byMessage(events)) {
      const message = this.message(id)
      if (message !== undefined) this.#reactions.receive(about, before.get(id), message)
    }
  }

  message(id: MessageId): Message | undefined {
    return this.#messages.get(id)
  }

  /** The reactions to a cached message; undefined if they are not cached. */
  reactions(id: MessageId): readonly ReactionSummary[] | undefined {
    const message = this.#messages.get(id)
    return message && this.#reactions.summaries(message)
  }

  /** The first users of each emoji on a cached message; undefined if they are not cached. */
  reactors(id: MessageId): readonly FirstReactors[] | undefined {
    const message = this.#messages.get(id)
    return message && this.#reactions.reactors(message)
  }

  /** Caches reactions that were read while this was the newest version of the message. */
  putReactions(message: Message, read: ReadReactions): void {
    if (this.#messages.get(message.id)?.changedSequence === message.changedSequence) this.#reactions.put(message, read)
  }

  /** Removes rows that were read before this head. */
  trim(from: number): void {
    for (const rows of [this.#messages, this.#memberships, this.#conversations, this.#reactions]) rows.trim(from)
  }

  clear(): void {
    this.trim(Number.POSITIVE_INFINITY)
  }

  /**
   * The event with its row as it is while this is the log's head; undefined if that row is not cached. Every event changes
   * its conversation.
   */
  resolve(event: LogEvent, head: number): DeliveredEvent | undefined {
    switch (event.type) {
      case 'MessageCreated':
      case 'MessageUpdated':
      case 'MessageDeleted':
      case 'ReactionAdded':
      case 'ReactionRemoved': {
        const message = this.#messages.get(event.messageId)
        return message && { kind: 'event', event, message, asOf: head }
      }
      case 'MemberJoined':
      case 'MemberUpdated': {
        const membership = this.#memberships.get(event.membershipId)
        return membership && { kind: 'event', event, membership, asOf: head }
      }
      case 'ConversationUpdated': {
        const conversation = this.#conversations.get(event.conversationId, head)
        return conversation && { kind: 'event', event, conversation, asOf: head }
      }
      case 'MemberLeft':
      case 'ConversationDeleted':
        return { kind: 'event', event, asOf: head }
      default:
        return assertNever(event)
    }
  }

  /**
   * As `resolve`, for rows that no event after this sequence has changed. Undefined if the row was read later and may
   * include later changes.
   */
  resolveAsOf(event: LogEvent, sequence: number): DeliveredEvent | undefined {
    if (event.type === 'ConversationUpdated') {
      const version = this.#conversations.versionOf(event.conversationId)
      if (version === undefined || version < event.sequence || version > sequence) return undefined
      return this.resolve(event, version)
    }
    const resolved = this.resolve(event, sequence)
    return (resolved?.message?.changedSequence ?? 0) > sequence ? undefined : resolved
  }

  /** Keeps the later of two versions of a message, in any order of arrival. */
  #putMessage(message: Message, asOf: number): void {
    const known = this.#messages.get(message.id)
    if (known === undefined || known.changedSequence <= message.changedSequence)
      this.#messages.put(message.id, message, asOf)
  }
}
