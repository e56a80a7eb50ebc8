import type { Conversation, LogEvent, Message, MessageId, UserId } from '@cpc-messenger/messenger'
import type { DeliveredEvent } from '../log/stream-item.ts'
import type { Topic } from '../log/topic.ts'

/**
 * - `valid`: the viewer may see the result.
 * - `stale`: a row in it was edited, deleted or removed since, or may have been. Execute the operation again.
 * - `ended`: the viewer's membership ended before the newest row in it. The viewer may not see it.
 * - `unproved`: whether the viewer was still a member is not known here. Read the membership.
 */
type Validity = 'valid' | 'stale' | 'ended' | 'unproved'

/**
 * The rows that a result about an event was computed from. It is validated before the result is sent to a viewer, like a
 * read set in optimistic concurrency control. A result may contain several reads of different moments: a membership at the
 * latest of these moments covers all of them.
 */
export class ReadSet {
  readonly #topic: Topic | undefined
  readonly #messages = new Set<MessageId>()
  #showsConversation = false
  #showsHistory = false
  /** No event up to this sequence has invalidated the result. */
  #checkedTo: number
  #newest = 0

  /** `topic` is that of the event. Without one, a result with rows is never valid. */
  constructor(topic: Topic | undefined, { message, conversation, asOf = 0 }: DeliveredEvent) {
    this.#topic = topic
    this.#checkedTo = asOf
    if (message !== undefined) this.addMessages([message])
    if (conversation !== undefined) this.addConversation(conversation)
  }

  /** Every row in the result is of this sequence of the log or earlier. */
  get newest(): number {
    return this.#newest
  }

  /** Adds messages of the event's conversation; each has its own version. */
  addMessages(messages: readonly Message[]): void {
    for (const { id, changedSequence } of messages) {
      this.#messages.add(id)
      this.addReadAt(changedSequence)
    }
  }

  /** Adds messages of which other data is shown, such as reactions. */
  addMessageIds(ids: readonly MessageId[]): void {
    for (const id of ids) this.#messages.add(id)
  }

  /** Adds the revisions of a message: who may read them depends on settings and on the viewer's role. */
  addHistoryOf(id: MessageId): void {
    this.#messages.add(id)
    this.#showsHistory = true
  }

  /** Adds the event's conversation. */
  addConversation({ lastSequence }: Pick<Conversation, 'lastSequence'>): void {
    this.#showsConversation = true
    this.addReadAt(lastSequence)
  }

  /** Adds a row that was read when the log had this head, or earlier. */
  addReadAt(head: number): void {
    this.#newest = Math.max(this.#newest, head)
  }

  /** No row in the result was edited, deleted or removed. */
  get current(): boolean {
    if (this.#messages.size === 0 && !this.#showsConversation) return true
    const topic = this.#topic
    if (topic === undefined || topic.closed) return false
    while (this.#checkedTo < topic.head) {
      const event = topic.after(this.#checkedTo)
      if (event === undefined || this.#isInvalidatedBy(event)) return false
      this.#checkedTo = event.sequence
    }
    return true
  }

  /** `memberUpTo`: the viewer is known to be a member at this sequence. */
  validityFor(viewerId: UserId, memberUpTo: number): Validity {
    if (this.current) return this.#permissionOf(viewerId, memberUpTo)
    const topic = this.#topic
    // A topic is open as long as its conversation has followers.
    if (topic === undefined || topic.closed) return 'ended'
    return this.#permissionOf(viewerId, memberUpTo) === 'ended' ? 'ended' : 'stale'
  }

  #permissionOf(viewerId: UserId, memberUpTo: number): Validity {
    for (let at = memberUpTo; at < this.#newest; at += 1) {
      const event = this.#topic?.after(at)
      if (event === undefined) return 'unproved'
      // Rows of the same sequence as the end are from before every later event.
      if (isEndOf(event, viewerId)) return event.sequence < this.#newest ? 'ended' : 'valid'
    }
    return 'valid'
  }

  #isInvalidatedBy(event: LogEvent): boolean {
    switch (event.type) {
      case 'MessageUpdated':
      case 'MessageDeleted':
      case 'ReactionRemoved':
        return this.#messages.has(event.messageId)
      case 'ConversationUpdated':
        return this.#showsConversation || this.#showsHistory
      case 'MemberUpdated':
        return this.#showsHistory
      case 'ConversationDeleted':
        return true
      default:
        return false
    }
  }
}

const isEndOf = (event: LogEvent, viewerId: UserId): boolean =>
  event.type === 'ConversationDeleted' || (event.type === 'MemberLeft' && event.userId === viewerId)
