import type { Conversation, EventRows, LogEvent, Membership, Message } from '@cpc-messenger/messenger'
import { assertNever } from '@cpc-messenger/messenger'
import type { DeliveredEvent } from './stream-item.ts'

const capacity = 2048

interface Entry<Row> {
  readonly row: Row
  /** The log's head when the row was read: every change to a row is an event, so the higher one is the newer. */
  readonly asOf: number
}

/** The rows that a conversation's recent events are about, each in the newest version that this node has seen. */
export class RowCache {
  readonly #messages = new Map<string, Entry<Message>>()
  readonly #memberships = new Map<string, Entry<Membership>>()
  #conversation: Entry<Conversation> | undefined

  put(rows: EventRows, asOf: number): void {
    for (const message of rows.messages) keepNewest(this.#messages, message.id, { row: message, asOf })
    for (const membership of rows.memberships) keepNewest(this.#memberships, membership.id, { row: membership, asOf })
    for (const conversation of rows.conversations)
      if (this.#conversation === undefined || this.#conversation.asOf <= asOf)
        this.#conversation = { row: conversation, asOf }
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
        return message && { event, message }
      }
      case 'MemberJoined':
      case 'MemberUpdated': {
        const membership = this.#memberships.get(event.membershipId)?.row
        return membership && { event, membership }
      }
      case 'ConversationUpdated':
        return this.#conversation && { event, conversation: this.#conversation.row }
      case 'MemberLeft':
      case 'ConversationDeleted':
        return { event }
      default:
        return assertNever(event)
    }
  }

  clear(): void {
    this.#messages.clear()
    this.#memberships.clear()
    this.#conversation = undefined
  }
}

const keepNewest = <Row>(entries: Map<string, Entry<Row>>, id: string, entry: Entry<Row>): void => {
  const known = entries.get(id)
  if (known !== undefined && known.asOf > entry.asOf) return
  entries.delete(id)
  entries.set(id, entry)
  if (entries.size <= capacity) return
  const [oldest] = entries.keys()
  if (oldest !== undefined) entries.delete(oldest)
}
