import {
  type BusSubscription,
  type ConversationId,
  type InboxHead,
  isActive,
  type MembershipNotice,
  resync,
  type Inbox as StoredInbox,
} from '@cpc-messenger/messenger'
import { afterMany, inSlices } from '../../services/concurrency/in-slices.ts'
import type { CursorStart } from '../log/cursor.ts'
import type { Topic } from '../log/topic.ts'
import type { EventStream } from '../streams/event-stream.ts'
import type { Hub } from '../streams/hub.ts'
import { Inbox } from './inbox.ts'
import { aheadOfLog, type InboxStart, inboxPlaces } from './inbox-places.ts'
import { InboxPosition, inboxPointOf } from './inbox-position.ts'

/** Lets a stream without an inbox follow all of its viewer's conversations; answers how many there are. */
export const openInbox = async (hub: Hub, stream: EventStream, start: InboxStart): Promise<number> => {
  const early: MembershipNotice[] = []
  let receive = (notice: MembershipNotice): void => void early.push(notice)
  const notices = hub.bus.subscribeUser(stream.viewerId, notice => receive(notice))
  try {
    const opening = new InboxOpening(hub, stream, notices)
    const conversations = await opening.run(start)
    receive = ({ conversationId }) => opening.take(conversationId)
    for (const notice of early) receive(notice)
    return conversations
  } catch (error) {
    notices[Symbol.dispose]()
    throw error
  }
}

class InboxOpening {
  readonly #hub: Hub
  readonly #stream: EventStream
  readonly #notices: BusSubscription
  #inbox: Inbox | undefined

  constructor(hub: Hub, stream: EventStream, notices: BusSubscription) {
    this.#hub = hub
    this.#stream = stream
    this.#notices = notices
  }

  async run(start: InboxStart): Promise<number> {
    const { reads, store } = this.#hub
    const topics = new Map<ConversationId, Topic>()
    const listen = (id: ConversationId): void => void topics.set(id, topics.get(id) ?? this.#stream.listen(id))
    try {
      const { conversations } = await reads.inbox(this.#stream.viewerId)
      await inSlices(conversations, ({ conversationId }) => listen(conversationId))
      await this.#hub.whenAllReady(topics.values(), this.#notices)
      // Only what is read while we listen is known to have no gap to what we receive.
      const stored = await reads.inbox(this.#stream.viewerId)
      const heads = new Map(stored.conversations.map(entry => [entry.conversationId, entry]))
      const { places, refused, point } = await inboxPlaces(reads, this.#stream.viewerId, start, heads)
      await inSlices([...heads.keys(), ...places.keys()], listen)
      const elsewhere = [...topics.keys()].filter(conversationId => !heads.has(conversationId))
      await this.#hub.whenAllReady(elsewhere.flatMap(id => topics.get(id) ?? []))
      const left = elsewhere.length === 0 ? [] : await store.latest.log.heads(elsewhere)
      await this.#catchUpTopics(topics, [...stored.conversations, ...left])
      await afterMany(heads.size)
      const inbox = this.#inboxOf(stored, new InboxPosition(point ?? inboxPointOf(stored)), topics)
      await afterMany(heads.size)
      // In one turn: what grows in between would be missed.
      this.#open(inbox, replaysOf(this.#stream, topics, heads, places))
      if (refused.length > 0) this.#stream.tell({ kind: 'refused', refusal: resync(aheadOfLog, refused) })
      return heads.size
    } catch (error) {
      for (const topic of topics.values()) this.#stream.forget(topic)
      throw error
    }
  }

  async #catchUpTopics(
    topics: ReadonlyMap<ConversationId, Topic>,
    heads: readonly Pick<InboxHead, 'conversationId' | 'head'>[],
  ): Promise<void> {
    const late = heads.flatMap(({ conversationId, head }) => {
      const topic = topics.get(conversationId)
      return topic === undefined || head <= topic.head ? [] : [this.#hub.ensureCaughtUpTo(topic, head)]
    })
    await Promise.all(late)
  }

  /** Takes up a conversation that the viewer is said to have joined; the store says where, and whether. */
  take(conversationId: ConversationId): void {
    void this.#take(conversationId)
  }

  #inboxOf(stored: StoredInbox, position: InboxPosition, topics: ReadonlyMap<ConversationId, Topic>): Inbox {
    const inbox: Inbox = new Inbox(topics.values(), stored, position, {
      refresh: () => this.#refresh(),
      viewerId: this.#stream.viewerId,
      take: conversationId => this.take(conversationId),
      onReady: () => this.#stream.wake(),
      positionEveryMs: this.#hub.positionEveryMs,
      notices: {
        [Symbol.dispose]: () => {
          this.#notices[Symbol.dispose]()
          this.#hub.release(inbox)
        },
      },
    })
    return inbox
  }

  #open(inbox: Inbox, replays: ReadonlyMap<Topic, CursorStart>): void {
    this.#inbox = inbox
    this.#hub.keep(inbox)
    this.#stream.openInbox(inbox, replays)
  }

  async #take(conversationId: ConversationId): Promise<void> {
    const inbox = this.#inbox
    if (inbox === undefined || !this.#lacks(conversationId)) return
    const { viewerId } = this.#stream
    const { losses } = inbox
    try {
      const [membership] = await this.#hub.reads.members.byPairs([{ conversationId, userId: viewerId }])
      if (membership !== undefined && isActive(membership) && !inbox.hasLostSince(losses, conversationId))
        this.#join(conversationId, membership.joinedSequence)
    } catch (error) {
      this.#hub.log.warn({ err: error }, 'what a user has joined could not be read')
    }
  }

  /** From the joining on, and by a read that proves the membership. */
  #join(conversationId: ConversationId, joinedSequence: number): void {
    if (!this.#lacks(conversationId)) return
    const topic = this.#stream.listen(conversationId)
    this.#inbox?.joined(topic)
    if (!this.#stream.follows(conversationId))
      this.#stream.start(
        topic,
        { position: joinedSequence - 1, provedAt: 0, member: false, wasMember: true, viewerId: this.#stream.viewerId },
        false,
      )
  }

  #lacks(conversationId: ConversationId): boolean {
    return this.#inbox !== undefined && this.#stream.inbox === this.#inbox && !this.#inbox.has(conversationId)
  }

  async #refresh(): Promise<StoredInbox | undefined> {
    const inbox = this.#inbox
    const losses = inbox?.losses ?? 0
    try {
      const stored = await this.#hub.reads.inbox(this.#stream.viewerId)
      for (const { conversationId, joinedSequence } of stored.conversations)
        if (!inbox?.hasLostSince(losses, conversationId)) this.#join(conversationId, joinedSequence)
      return stored
    } catch (error) {
      this.#hub.log.warn({ err: error }, 'what a user is a member of could not be read')
      return undefined
    }
  }
}

/** Cursors for those logs that have something to replay, or whose viewer may no longer be a member. */
const replaysOf = (
  { viewerId }: EventStream,
  topics: ReadonlyMap<ConversationId, Topic>,
  heads: ReadonlyMap<ConversationId, InboxHead>,
  places: ReadonlyMap<ConversationId, number>,
): ReadonlyMap<Topic, CursorStart> => {
  const replays = new Map<Topic, CursorStart>()
  for (const [conversationId, topic] of topics) {
    const provedAt = heads.get(conversationId)?.head ?? 0
    const position = places.get(conversationId) ?? provedAt
    const wasMember = heads.has(conversationId)
    const member = wasMember && topic.head <= provedAt
    if (!member || position < topic.head) replays.set(topic, { position, provedAt, member, wasMember, viewerId })
  }
  return replays
}
