import {
  badInput,
  type ConversationId,
  type LogEvent,
  type MessageId,
  maxSequence,
  notFound,
  resync,
  type UserId,
} from '@cpc-messenger/messenger'
import type { Actor } from '../../services/identity/actor.ts'
import { RowLoaders } from '../../services/reads/row-loaders.ts'
import { ViewerReads } from '../../services/reads/viewer-reads.ts'
import { aheadOfLog, type InboxStart } from '../inbox/inbox-places.ts'
import { openInbox } from '../inbox/open-inbox.ts'
import { LogPage } from '../log/log-page.ts'
import type { RecentRows } from '../results/recent-rows.ts'
import { EventStream, type StreamConsumer } from './event-stream.ts'
import type { Hub } from './hub.ts'
import type { DeliveredEvent } from './stream-item.ts'

export type { InboxStart } from '../inbox/inbox-places.ts'

/** Where a subscriber wants a log from; without `after`, from now. */
export interface LogStart {
  readonly after?: number | undefined
  readonly epoch?: string | undefined
}

export interface Renewed {
  readonly delivered: DeliveredEvent
  /** The viewer's membership is proved up to here. */
  readonly memberUpTo: number
}

/** Opens streams: proves that the viewer may have them, and puts their cursors where they belong. */
export class SubscriptionService {
  readonly #hub: Hub

  constructor(hub: Hub) {
    this.#hub = hub
  }

  get epoch(): string {
    return this.#hub.store.epoch
  }

  /** What answers about this event read of other rows, of no earlier moment than the event's delivery. */
  rowsOf(delivered: DeliveredEvent): RecentRows {
    return this.#hub.rowsOf(delivered)
  }

  /**
   * A delivered event with its row as it is now, and up to where that proves the viewer's membership, if it does.
   * Undefined if the viewer is no longer a member or the row no longer exists.
   */
  renew({ event, message }: DeliveredEvent, viewerId: UserId): Renewed | Promise<Renewed | undefined> {
    // A row that does not tell how new it is comes with a proof of the membership.
    const known = message === undefined ? undefined : this.#hub.topicOf(event.conversationId)?.resolve(event)
    return known === undefined ? this.#readAgain(event, viewerId) : { delivered: known, memberUpTo: 0 }
  }

  /** The head of a log of which this user is a member; undefined where they are none. */
  async memberHead(conversationId: ConversationId, userId: UserId): Promise<number | undefined> {
    const membership = await this.#hub.reads.logMembership(conversationId, userId)
    return membership?.member === true ? membership.head : undefined
  }

  /**
   * A stream that follows nothing yet. Its consumer is told whenever `take` may have something new. Of one stream, one opening
   * call runs at a time.
   */
  open(viewerId: UserId, consumer: StreamConsumer): EventStream {
    return new EventStream(this.#hub, viewerId, consumer)
  }

  /**
   * Lets the stream follow a conversation's log; answers the log's newest sequence at this moment. Following it again
   * moves the stream's place in it. Rejects with NOT_FOUND, FORBIDDEN, RESYNC or BAD_USER_INPUT, and nothing is followed
   * that was not before.
   */
  async follow(stream: EventStream, viewer: Actor, conversationId: ConversationId, start: LogStart): Promise<number> {
    await this.#hub.openings.enter(viewer.userId)
    return this.#follow(stream, viewer, conversationId, start)
  }

  /** As `follow`, with the reactions to one message. The stream must be one of its own. */
  async followReactions(stream: EventStream, viewer: Actor, messageId: MessageId, start: LogStart): Promise<number> {
    await this.#hub.openings.enter(viewer.userId)
    const message = await this.#readsOf(viewer).message(messageId)
    if (message === undefined) throw notFound('message')
    return this.#follow(stream, viewer, message.conversationId, start, messageId)
  }

  /** Lets the stream, which has no inbox, follow all of the viewer's conversations; answers how many there are. */
  async followInbox(stream: EventStream, start: InboxStart): Promise<number> {
    this.#requireEpoch(start.epoch)
    for (const sequence of start.after?.values() ?? []) requireSequence(sequence)
    await this.#hub.inboxOpenings.enter(stream.viewerId)
    return openInbox(this.#hub, stream, start)
  }

  async #follow(
    stream: EventStream,
    viewer: Actor,
    conversationId: ConversationId,
    { after, epoch }: LogStart,
    reactionsTo?: MessageId,
  ): Promise<number> {
    this.#requireEpoch(epoch)
    requireSequence(after)
    const topic = stream.listen(conversationId)
    try {
      const ready = this.#hub.whenReady(topic)
      if (ready !== undefined) await ready
      const membership = await this.#hub.reads.logMembership(conversationId, viewer.userId)
      if (membership?.member !== true) {
        await this.#readsOf(viewer).requireMember(conversationId)
        throw notFound('conversation')
      }
      const { head } = membership
      if (after !== undefined && after > head) throw resync(aheadOfLog)
      await this.#hub.ensureCaughtUpTo(topic, head)
      stream.start(
        topic,
        {
          position: after ?? head,
          provedAt: head,
          // What was heard while the membership was read may have ended it.
          member: topic.head <= head,
          wasMember: true,
          viewerId: viewer.userId,
          ...(reactionsTo === undefined ? {} : { reactionsTo }),
        },
        true,
      )
      return head
    } finally {
      stream.forget(topic)
    }
  }

  async #readAgain(event: LogEvent, viewerId: UserId): Promise<Renewed | undefined> {
    const { conversationId, sequence } = event
    const page = await this.#hub.page({ conversationId, after: sequence - 1, limit: 1, viewerId })
    const topic = this.#hub.topicOf(conversationId)
    if (!page.member || page.events[0]?.sequence !== sequence || topic === undefined) return undefined
    await this.#hub.ensureCaughtUpTo(topic, page.head)
    const delivered = new LogPage(page, 1).resolve(event, topic)
    return delivered && { delivered, memberUpTo: page.head }
  }

  #readsOf(viewer: Actor): ViewerReads {
    return new ViewerReads(viewer, this.#hub.store.latest, new RowLoaders(this.#hub.reads))
  }

  #requireEpoch(epoch: string | undefined): void {
    if (epoch !== undefined && epoch !== this.epoch) throw resync(aheadOfLog)
  }
}

const requireSequence = (after: number | undefined): void => {
  if (after !== undefined && (!Number.isInteger(after) || after < 0 || after > maxSequence))
    throw badInput('after', 'after is 0 or a sequence.')
}
