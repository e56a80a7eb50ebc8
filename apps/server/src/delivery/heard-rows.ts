import {
  assertNever,
  type Conversation,
  type EventRows,
  type LogEvent,
  type Membership,
  type Message,
} from '@cpc-messenger/messenger'
import type { DeliveredEvent } from './stream-item.ts'

interface Entry<Row> {
  readonly row: Row
  /** The log's head when the row was read: every change to a row is an event, so the higher one is the newer. */
  readonly asOf: number
}

/** The rows that some events of one log are about. */
export class HeardRows {
  readonly #messages = new Map<string, Entry<Message>>()
  readonly #memberships = new Map<string, Entry<Membership>>()
  #conversation: Entry<Conversation> | undefined

  /** Answers whether some of the rows were known before. */
  put(rows: EventRows, asOf: number): boolean {
    const known = this.#messages.size + this.#memberships.size
    for (const message of rows.messages) this.#messages.set(message.id, { row: message, asOf })
    for (const membership of rows.memberships) this.#memberships.set(membership.id, { row: membership, asOf })
    for (const conversation of rows.conversations) this.#conversation = { row: conversation, asOf }
    const fresh = this.#messages.size + this.#memberships.size - known
    return fresh < rows.messages.length + rows.memberships.length || rows.conversations.length > 0
  }

  /** Keeps only rows that were read at this head or later. */
  trim(from: number): void {
    for (const entries of [this.#messages, this.#memberships])
      for (const [id, { asOf }] of entries) if (asOf < from) entries.delete(id)
    if (this.#conversation !== undefined && this.#conversation.asOf < from) this.#conversation = undefined
  }

  clear(): void {
    this.trim(Number.POSITIVE_INFINITY)
  }

  /** The event with its row; undefined where the row is not here. */
  resolve(event: LogEvent): DeliveredEvent | undefined {
    switch (event.type) {
      case 'MessageCreated':
      case 'MessageUpdated':
      case 'MessageDeleted':
      case 'ReactionAdded':
      case 'ReactionRemoved': {
        const message = this.#messages.get(event.messageId)?.row
        return message && { kind: 'event', event, message }
      }
      case 'MemberJoined':
      case 'MemberUpdated': {
        const membership = this.#memberships.get(event.membershipId)?.row
        return membership && { kind: 'event', event, membership }
      }
      case 'ConversationUpdated':
        return this.#conversation && { kind: 'event', event, conversation: this.#conversation.row }
      case 'MemberLeft':
      case 'ConversationDeleted':
        return { kind: 'event', event }
      default:
        return assertNever(event)
    }
  }
}
