import {
  badInput,
  type ConversationId,
  type LogEvent,
  type LogFilter,
  type MessageId,
  maxSequence,
  notFound,
  resync,
  type UserId,
} from '@cpc-messenger/messenger'
import type { Actor } from '../../services/identity/actor.ts'
import { RowLoaders } from '../../services/reads/row-loaders.ts'
import { ViewerReads } from '../../services/reads/viewer-reads.ts'
import { InboxOpening } from '../inbox/inbox-opening.ts'
import type { InboxStart } from '../inbox/inbox-start.ts'
import { BacklogPage } from '../log/backlog-page.ts'
import { invalidPosition, requireEpoch } from '../log/epoch.ts'
import type { Logs } from '../log/logs.ts'
import type { DeliveredEvent } from '../log/stream-item.ts'
import { RecentRows } from '../results/recent-rows.ts'
import { EventStream, type StreamConsumer } from './event-stream.ts'
import type { Hub } from './hub.ts'

export type { InboxStart } from '../inbox/inbox-start.ts'

/** Where delivery of a log starts; without `after`, from now. */
export interface LogStart {
  readonly after?: number | undefined
  readonly epoch?: string | undefined
}

export interface Renewed {
  readonly delivered: DeliveredEvent
  /** The viewer's membership is proved up to here. */
  readonly memberUpTo: number
}

/** Opens streams: proves that the viewer may read a log, and places the cursor. */
export class SubscriptionService {
  readonly #hub: Hub
  readonly #logs: Logs

  constructor(hub: Hub) {
    this.#hub = hub
    this.#logs = hub.logs
  }

  get epoch(): string {
    return this.#logs.store.epoch
  }

  /** Reads of other rows for a result about this event. They see no earlier moment than the event's delivery. */
  rowsOf(delivered: DeliveredEvent): RecentRows {
    const { store, reads, catchUp } = this.#logs
    return new RecentRows(delivered, {
      reads,
      reader: store.latest,
      topic: this.#logs.topics.find(delivered.event.conversationId),
      users: this.#hub.users,
      catchUp,
    })
  }

  /**
   * Returns a delivered event with its current row, and the sequence up to which this proves the viewer's membership.
   * Returns undefined if the viewer is no longer a member or the row no longer exists.
   */
  renew({ event, message }: DeliveredEvent, viewerId: UserId): Renewed | Promise<Renewed | undefined> {
    // Rows other than messages do not have a version: they are read together with a proof of the membership.
    const known = message === undefined ? undefined : this.#logs.topics.find(event.conversationId)?.resolve(event)
    return known === undefined ? this.#readAgain(event, viewerId) : { delivered: known, memberUpTo: 0 }
  }

  /** The head of a log; undefined if the user is not a member. */
  async memberHead(conversationId: ConversationId, userId: UserId): Promise<number | undefined> {
    const membership = await this.#logs.reads.logMembership(conversationId, userId)
    return membership?.member === true ? membership.head : undefined
  }

  /** Returns a stream that follows nothing yet. Run one `follow…` call of a stream at a time. */
  open(viewerId: UserId, consumer: StreamConsumer): EventStream {
    return new EventStream(this.#hub, viewerId, consumer)
  }

  /**
   * Makes the stream follow a conversation's log, and returns the current head. If it follows the log already, its position
   * changes. Rejects with NOT_FOUND, FORBIDDEN, RESYNC or BAD_USER_INPUT; the stream then follows what it followed before.
   */
  async follow(stream: EventStream, viewer: Actor, conversationId: ConversationId, start: LogStart): Promise<number> {
    await this.#logs.gate.enter(viewer.userId)
    return this.#follow(stream, viewer, conversationId, start)
  }

  /** Like `follow`, for the reactions to one message. The stream must not follow anything else. */
  async followReactions(stream: EventStream, viewer: Actor, messageId: MessageId, start: LogStart): Promise<number> {
    await this.#logs.gate.enter(viewer.userId)
    const message = await this.#readsOf(viewer).message(messageId)
    if (message === undefined) throw notFound('message')
    return this.#follow(stream, viewer, message.conversationId, start, { kind: 'reactions', messageId })
  }

  /** Like `follow`, for one thread: its root's events and those of every reply. The stream must not follow anything else. */
  async followThread(stream: EventStream, viewer: Actor, rootId: MessageId, start: LogStart): Promise<number> {
    await this.#logs.gate.enter(viewer.userId)
    const root = await this.#readsOf(viewer).requireRoot(rootId)
    return this.#follow(stream, viewer, root.conversationId, start, { kind: 'thread', rootId })
  }

  /** Makes a stream without an inbox follow all conversations of its viewer, and returns how many there are. */
  async followInbox(stream: EventStream, start: InboxStart): Promise<number> {
    requireEpoch(start.epoch, this.epoch)
    for (const sequence of start.after?.values() ?? []) requireSequence(sequence)
    await this.#hub.inboxGate.enter(stream.viewerId)
    const opening = new InboxOpening(this.#hub, stream.viewerId, stream)
    try {
      const opened = await opening.run(start)
      stream.attachInbox(opened)
      if (opened.refused.length > 0) stream.push({ kind: 'refused', refusal: resync(invalidPosition, opened.refused) })
      return opened.conversationCount
    } catch (error) {
      for (const topic of opening.cancel()) stream.release(topic)
      throw error
    }
  }

  async #follow(
    stream: EventStream,
    viewer: Actor,
    conversationId: ConversationId,
    { after, epoch }: LogStart,
    filter?: LogFilter,
  ): Promise<number> {
    requireEpoch(epoch, this.epoch)
    requireSequence(after)
    const topic = stream.listen(conversationId)
    try {
      const ready = this.#logs.topics.whenReady(topic)
      if (ready !== undefined) await ready
      const membership = await this.#logs.reads.logMembership(conversationId, viewer.userId)
      if (membership?.member !== true) {
        await this.#readsOf(viewer).requireMember(conversationId)
        throw notFound('conversation')
      }
      const { head } = membership
      if (after !== undefined && after > head) throw resync(invalidPosition)
      await this.#logs.catchUp.ensureCaughtUpTo(topic, head)
      stream.start(topic, {
        position: after ?? head,
        provedAt: head,
        // Events that were received while the membership was read may have ended it.
        member: topic.head <= head,
        wasMember: true,
        viewerId: viewer.userId,
        ...(filter === undefined ? {} : { filter }),
      })
      return head
    } finally {
      stream.release(topic)
    }
  }

  async #readAgain(event: LogEvent, viewerId: UserId): Promise<Renewed | undefined> {
    const { conversationId, sequence } = event
    const page = await this.#logs.page({ conversationId, after: sequence - 1, limit: 1, viewerId })
    const topic = this.#logs.topics.find(conversationId)
    if (!page.member || page.events[0]?.sequence !== sequence || topic === undefined) return undefined
    await this.#logs.catchUp.ensureCaughtUpTo(topic, page.head)
    const delivered = new BacklogPage(page, 1).resolve(event, topic)
    return delivered && { delivered, memberUpTo: page.head }
  }

  #readsOf(viewer: Actor): ViewerReads {
    return new ViewerReads(viewer, this.#logs.store.latest, new RowLoaders(this.#logs.reads))
  }
}

const requireSequence = (after: number | undefined): void => {
  if (after !== undefined && (!Number.isInteger(after) || after < 0 || after > maxSequence))
    throw badInput('after', `after must be an integer from 0 to ${maxSequence}.`)
}
