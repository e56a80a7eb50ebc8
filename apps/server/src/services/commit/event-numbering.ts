import {
  type EndedMemberships,
  forbidden,
  type Instant,
  isCountable,
  isInTimeline,
  type LogEvent,
  type Message,
  maxSequence,
} from '@cpc-messenger/messenger'
import type { Actor } from '../identity/actor.ts'
import type { BatchRows } from './batch-rows.ts'
import type { DraftEvent } from './draft.ts'

/** Gives the events of a batch their sequences, and writes those sequences into the rows that the events are about. */
export class EventNumbering {
  readonly #rows: BatchRows
  readonly #events: LogEvent[] = []
  readonly #ended: EndedMemberships[] = []

  constructor(rows: BatchRows) {
    this.#rows = rows
  }

  get events(): readonly LogEvent[] {
    return this.#events
  }

  get endedMemberships(): readonly EndedMemberships[] {
    return this.#ended
  }

  /** Refuses events for which a log has no sequences left. Call it before any row is changed. */
  requireSequences(drafts: readonly DraftEvent[]): void {
    for (const { conversationId } of drafts) {
      const last = this.#rows.conversations.get(conversationId)?.lastSequence ?? 0
      if (last + drafts.length > maxSequence) throw forbidden('The log of this conversation is full.')
    }
  }

  append({ conversationId, body }: DraftEvent, actor: Actor, at: Instant): void {
    const conversation = this.#rows.getConversation(conversationId)
    const sequence = conversation.lastSequence + 1
    this.#rows.conversations.put({ ...conversation, lastSequence: sequence })
    const threadRootId = 'messageId' in body ? this.#rows.getMessage(body.messageId).threadRootId : null
    const event: LogEvent = { ...body, conversationId, sequence, occurredAt: at, actorId: actor.userId, threadRootId }
    this.#events.push(event)
    this.#stampMessage(event)
    this.#stampReaction(event)
    this.#stampMembership(event)
    if (event.type === 'ConversationDeleted') this.#ended.push({ conversationId, sequence })
  }

  #stampMessage(event: LogEvent): void {
    if (!('messageId' in event)) return
    const { sequence: changedSequence, threadRootId } = event
    const message = { ...this.#rows.getMessage(event.messageId), changedSequence }
    this.#rows.messages.put(event.type === 'MessageCreated' ? this.#created(message) : message)
    if (event.type === 'MessageDeleted' && threadRootId !== null) this.#rows.threads.replyDeleted(threadRootId, message)
  }

  /** A new message with its sequence and ordinal, counted in the timeline and in its thread. */
  #created(draft: Message): Message {
    const message = { ...draft, sequence: draft.changedSequence }
    const { threadRootId } = message
    const reply = threadRootId === null ? message : this.#rows.threads.replied(threadRootId, message)
    if (!isInTimeline(reply)) return reply
    const conversation = this.#rows.getConversation(reply.conversationId)
    const messageCount = conversation.messageCount + (isCountable(reply) ? 1 : 0)
    this.#rows.conversations.put({ ...conversation, messageCount })
    return { ...reply, ordinal: messageCount }
  }

  #stampReaction(event: LogEvent): void {
    if (event.type !== 'ReactionAdded') return
    const reaction = this.#rows.reactions.get(event)
    if (reaction !== undefined) this.#rows.reactions.put({ ...reaction, sequence: event.sequence })
  }

  #stampMembership(event: LogEvent): void {
    const { conversationId, sequence } = event
    if (event.type === 'MemberJoined') {
      const membership = this.#rows.getMembership(conversationId, event.userId)
      this.#rows.putMembership({
        ...membership,
        firstJoinedSequence: membership.firstJoinedSequence || sequence,
        joinedSequence: sequence,
        leftSequence: null,
        leaveReason: null,
      })
    }
    if (event.type === 'MemberLeft') {
      const membership = this.#rows.getMembership(conversationId, event.userId)
      this.#rows.putMembership({ ...membership, leftSequence: sequence, leaveReason: event.reason })
    }
  }
}
