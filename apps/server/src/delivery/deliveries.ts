import {
  badInput,
  type CommitMark,
  type ConversationId,
  isActive,
  type MembershipNotice,
  type MessageId,
  maxSequence,
  notFound,
  resync,
  type UserId,
} from '@cpc-messenger/messenger'
import { Reading } from '../services/reading.ts'
import type { Actor } from '../services/use-case.ts'
import type { CursorStart } from './cursor.ts'
import { EventStream } from './event-stream.ts'
import type { Hub } from './hub.ts'
import { Inbox } from './inbox.ts'
import type { StreamItem } from './stream-item.ts'
import type { Topic } from './topic.ts'

/** Where a subscriber wants a log from; without `after`, from now. */
export interface LogStart {
  readonly after?: number | undefined
  readonly epoch?: string | undefined
}

/** With both, each conversation starts at the later of the two. With neither: from now. */
export interface InboxStart {
  readonly after?: ReadonlyMap<ConversationId, number> | undefined
  readonly from?: CommitMark | undefined
  readonly epoch?: string | undefined
}

const aheadOfLog = 'The position is ahead of the log, or of another epoch: fetch the state afresh.'

/** Opens streams: proves that the viewer may have them, and puts their cursors where they belong. */
export class Deliveries {
  readonly #hub: Hub

  constructor(hub: Hub) {
    this.#hub = hub
  }

  get epoch(): string {
    return this.#hub.store.epoch
  }

  /**
   * A stream that follows nothing yet. `onReady` is called, in any turn, whenever `take` may have something new; it must not
   * throw.
   */
  open(viewerId: UserId, onReady: () => void): EventStream {
    return new EventStream(this.#hub, viewerId, onReady)
  }

  /**
   * Lets the stream follow a conversation's log; answers the log's newest sequence at this moment. Following it again
   * moves the stream's place in it. Rejects with NOT_FOUND, FORBIDDEN, RESYNC or BAD_USER_INPUT, and nothing is followed
   * that was not before.
   */
  follow(stream: EventStream, viewer: Actor, conversationId: ConversationId, start: LogStart): Promise<number> {
    return this.#follow(stream, viewer, conversationId, start)
  }

  /** As `follow`, with the reactions to one message. The stream must be one of its own. */
  async followReactions(stream: EventStream, viewer: Actor, messageId: MessageId, start: LogStart): Promise<number> {
    const message = await new Reading(viewer, this.#hub.store.latest).message(messageId)
    if (message === undefined) throw notFound('message')
    return this.#follow(stream, viewer, message.conversationId, start, messageId)
  }

  /** Lets the stream follow all of the viewer's conversations; answers how many there are. */
  async followInbox(stream: EventStream, start: InboxStart): Promise<number> {
    this.#requireEpoch(start.epoch)
    const notices: MembershipNotice[] = []
    let hear = (notice: MembershipNotice): void => void notices.push(notice)
    const subscription = this.#hub.bus.subscribeUser(stream.viewerId, notice => hear(notice))
    try {
      const { inbox, conversations } = await this.#startInbox(stream, start, subscription)
      hear = notice => this.#joined(stream, inbox, notice)
      for (const notice of notices) hear(notice)
      return conversations
    } catch (error) {
      subscription[Symbol.dispose]()
      throw error
    }
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
      const { head, member } = await this.#hub.store.latest.logPage({
        conversationId,
        after: maxSequence,
        limit: 1,
        viewerId: viewer.userId,
      })
      if (!member) {
        await new Reading(viewer, this.#hub.store.latest).requireMember(conversationId)
        throw notFound('conversation')
      }
      if (after !== undefined && after > head) throw resync(aheadOfLog)
      topic.advance(head)
      if (!stream.closed)
        stream.start(
          topic,
          {
            position: after ?? head,
            provedAt: head,
            member: true,
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

  async #startInbox(
    stream: EventStream,
    start: InboxStart,
    subscription: Disposable,
  ): Promise<{ readonly inbox: Inbox; readonly conversations: number }> {
    const { store } = this.#hub
    const { mark, conversations } = await store.latest.inbox(stream.viewerId)
    const heads = new Map(conversations.map(entry => [entry.conversationId, entry]))
    const { places, refused } = await this.#places(stream.viewerId, start, heads)
    const topics = new Map<ConversationId, Topic>()
    for (const conversationId of new Set([...heads.keys(), ...places.keys()]))
      topics.set(conversationId, stream.listen(conversationId))
    try {
      for (const { conversationId, head } of await store.latest.heads([...topics.keys()]))
        topics.get(conversationId)?.advance(head)
    } catch (error) {
      for (const topic of topics.values()) stream.forget(topic)
      throw error
    }
    const replays = new Map<Topic, CursorStart>()
    for (const [conversationId, topic] of topics) {
      const standing = heads.get(conversationId)
      const provedAt = standing?.head ?? 0
      const position = places.get(conversationId) ?? provedAt
      if (standing === undefined || position < topic.head)
        replays.set(topic, { position, provedAt, member: standing !== undefined, viewerId: stream.viewerId })
    }
    const inbox: Inbox = new Inbox(this.#hub, topics.values(), mark, subscription, conversationId => {
      void this.#recheck(stream, inbox, conversationId)
    })
    stream.openInbox(inbox, replays)
    if (refused.length > 0) stream.tell(badPositions(refused))
    return { inbox, conversations: conversations.length }
  }

  /** Where the replay of each conversation starts; those not named start at their heads. */
  async #places(
    viewerId: UserId,
    { after, from }: InboxStart,
    heads: ReadonlyMap<ConversationId, { readonly head: number; readonly joinedSequence: number }>,
  ): Promise<{ places: Map<ConversationId, number>; refused: ConversationId[] }> {
    const places = new Map<ConversationId, number>()
    const refused: ConversationId[] = []
    const listed = after ?? new Map<ConversationId, number>()
    for (const sequence of listed.values()) requireSequence(sequence)
    if (from !== undefined) {
      const since = await this.#hub.store.latest.inboxSince(viewerId, from)
      if (since === undefined) throw resync(aheadOfLog)
      for (const change of since.changed)
        places.set(change.conversationId, Math.max(change.after, listed.get(change.conversationId) ?? 0))
    } else if (after !== undefined)
      for (const [conversationId, { joinedSequence }] of heads) places.set(conversationId, joinedSequence - 1)
    const left = await this.#leftConversations(
      viewerId,
      [...listed.keys()].filter(id => !heads.has(id)),
    )
    for (const [conversationId, sequence] of listed) {
      const head = heads.get(conversationId)?.head ?? left.get(conversationId)
      if (head === undefined || sequence > head) {
        refused.push(conversationId)
        places.delete(conversationId)
      } else if (from === undefined) places.set(conversationId, sequence)
    }
    return { places, refused }
  }

  /** Conversations that the viewer was in, with the sequence at which they left. */
  async #leftConversations(
    userId: UserId,
    conversationIds: readonly ConversationId[],
  ): Promise<ReadonlyMap<ConversationId, number>> {
    if (conversationIds.length === 0) return new Map()
    const rows = await this.#hub.store.latest.membershipsOf(
      conversationIds.map(conversationId => ({ conversationId, userId })),
    )
    return new Map(rows.flatMap(row => (row.leftSequence === null ? [] : [[row.conversationId, row.leftSequence]])))
  }

  #joined(stream: EventStream, inbox: Inbox, { conversationId, sequence }: MembershipNotice): void {
    if (stream.inbox !== inbox || inbox.has(conversationId)) return
    const topic = stream.listen(conversationId)
    topic.advance(sequence)
    inbox.joined(topic)
    if (!stream.follows(conversationId))
      stream.start(
        topic,
        { position: sequence - 1, provedAt: sequence, member: true, viewerId: stream.viewerId },
        false,
      )
  }

  /** Somebody who left may have come back before they took the event that said so. */
  async #recheck(stream: EventStream, inbox: Inbox, conversationId: ConversationId): Promise<void> {
    if (stream.inbox !== inbox) return
    try {
      const [membership] = await this.#hub.store.latest.membershipsOf([{ conversationId, userId: stream.viewerId }])
      if (membership !== undefined && isActive(membership))
        this.#joined(stream, inbox, { conversationId, userId: stream.viewerId, sequence: membership.joinedSequence })
    } catch (error) {
      this.#hub.log.warn({ err: error }, 'whether somebody came back could not be read')
    }
  }

  #requireEpoch(epoch: string | undefined): void {
    if (epoch !== undefined && epoch !== this.epoch) throw resync(aheadOfLog)
  }
}

const requireSequence = (after: number | undefined): void => {
  if (after !== undefined && (!Number.isInteger(after) || after < 0 || after > maxSequence))
    throw badInput('after', 'after is 0 or a sequence.')
}

const badPositions = (conversationIds: readonly ConversationId[]): StreamItem => ({
  kind: 'refused',
  refusal: resync(aheadOfLog, conversationIds),
})
