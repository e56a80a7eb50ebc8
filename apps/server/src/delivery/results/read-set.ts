import type { Conversation, LogEvent, Message, MessageId, UserId } from '@cpc-messenger/messenger'
import type { DeliveredEvent } from '../log/stream-item.ts'
import type { Topic } from '../log/topic.ts'

/**
 * - `valid`: the viewer may have it.
 * - `stale`: something that it shows was edited, deleted or taken back since, or may have been: execute it again.
 * - `ended`: the viewer's membership ended before the newest thing that it shows: they may not have it.
 * - `unproved`: whether the viewer was still a member is not known here: read it.
 */
export type Validity = 'valid' | 'stale' | 'ended' | 'unproved'

/**
 * What a result about an event was made of, to validate it when it is handed to a viewer (as a read set is in optimistic
 * concurrency control). Many reads, each of a moment of its own, may go into one result: a membership that stands at the
 * newest of these moments covers all of them.
 */
export class ReadSet {
  readonly #topic: Topic | undefined
  readonly #messages = new Set<MessageId>()
  #showsConversation = false
  /** No event up to here has taken away anything of it. */
  #checkedTo: number
  #newest = 0

  /** `topic` is the event's; without one, nothing that has a row is valid. */
  constructor(topic: Topic | undefined, { message, conversation, asOf = 0 }: DeliveredEvent) {
    this.#topic = topic
    this.#checkedTo = asOf
    if (message !== undefined) this.addMessages([message])
    if (conversation !== undefined) this.addConversation(conversation)
  }

  /** Nothing in it is of a later moment than this sequence of the log. */
  get newest(): number {
    return this.#newest
  }

  /** Messages of the event's conversation: each tells itself how new it is. */
  addMessages(messages: readonly Message[]): void {
    for (const { id, changedSequence } of messages) {
      this.#messages.add(id)
      this.addReadAt(changedSequence)
    }
  }

  /** Messages of which something else is shown. */
  addMessageIds(ids: readonly MessageId[]): void {
    for (const id of ids) this.#messages.add(id)
  }

  /** The event's conversation. */
  addConversation({ lastSequence }: Pick<Conversation, 'lastSequence'>): void {
    this.#showsConversation = true
    this.addReadAt(lastSequence)
  }

  /** Something was read when the log's head was this, or earlier. */
  addReadAt(head: number): void {
    this.#newest = Math.max(this.#newest, head)
  }

  /** Nothing that it shows is known to have been edited, deleted or taken back. */
  get current(): boolean {
    if (this.#messages.size === 0 && !this.#showsConversation) return true
    const topic = this.#topic
    if (topic === undefined || topic.closed) return false
    while (this.#checkedTo < topic.head) {
      const event = topic.after(this.#checkedTo)
      if (event === undefined || this.#isTakenAwayBy(event)) return false
      this.#checkedTo = event.sequence
    }
    return true
  }

  /** `memberUpTo`: the viewer's membership is known to stand at this sequence. */
  validityFor(viewerId: UserId, memberUpTo: number): Validity {
    if (this.current) return this.#rightOf(viewerId, memberUpTo)
    const topic = this.#topic
    // A topic stays open while anyone follows its conversation.
    if (topic === undefined || topic.closed) return 'ended'
    return this.#rightOf(viewerId, memberUpTo) === 'ended' ? 'ended' : 'stale'
  }

  #rightOf(viewerId: UserId, memberUpTo: number): Validity {
    for (let at = memberUpTo; at < this.#newest; at += 1) {
      const event = this.#topic?.after(at)
      if (event === undefined) return 'unproved'
      // What is as new as the end is from before anything that came after it.
      if (isEndOf(event, viewerId)) return event.sequence < this.#newest ? 'ended' : 'valid'
    }
    return 'valid'
  }

  #isTakenAwayBy(event: LogEvent): boolean {
    switch (event.type) {
      case 'MessageUpdated':
      case 'MessageDeleted':
      case 'ReactionRemoved':
        return this.#messages.has(event.messageId)
      case 'ConversationUpdated':
        return this.#showsConversation
      case 'ConversationDeleted':
        return true
      default:
        return false
    }
  }
}

const isEndOf = (event: LogEvent, viewerId: UserId): boolean =>
  event.type === 'ConversationDeleted' || (event.type === 'MemberLeft' && event.userId === viewerId)
