import type { ConversationId, InboxHead, UserId } from '@cpc-messenger/messenger'
import { afterMany, inSlices } from '../../services/concurrency/in-slices.ts'
import type { CursorStart } from '../log/cursor.ts'
import type { Topic } from '../log/topic.ts'
import { Inbox, type InboxDependencies, type InboxStream } from './inbox.ts'
import { InboxPosition, inboxPointOf } from './inbox-position.ts'
import { type InboxStart, resolveInboxStart } from './inbox-start.ts'
import { MembershipNotices } from './membership-notices.ts'

type Heads = ReadonlyMap<ConversationId, InboxHead>

/** An inbox that is ready to be attached to its stream. */
export interface OpenedInbox {
  readonly inbox: Inbox
  readonly conversationCount: number
  /** Conversations whose positions were not valid: they are not replayed. */
  readonly refused: readonly ConversationId[]
  /** Where cursors start. Call it in the tick in which they are placed: what a topic receives in between would be missed. */
  replays(): ReadonlyMap<Topic, CursorStart>
}

/** Opens the inbox of a viewer: follows topics first, then reads heads and memberships, then computes where cursors start. */
export class InboxOpening {
  readonly #dependencies: InboxDependencies
  readonly #viewerId: UserId
  readonly #stream: InboxStream
  readonly #notices: MembershipNotices
  readonly #topics = new Map<ConversationId, Topic>()

  constructor(dependencies: InboxDependencies, viewerId: UserId, stream: InboxStream) {
    this.#dependencies = dependencies
    this.#viewerId = viewerId
    this.#stream = stream
    this.#notices = new MembershipNotices(dependencies.logs.bus, viewerId)
  }

  async run(start: InboxStart): Promise<OpenedInbox> {
    const { logs } = this.#dependencies
    const { conversations } = await logs.reads.inbox(this.#viewerId)
    await inSlices(conversations, ({ conversationId }) => this.#follow(conversationId))
    await logs.topics.whenAllReady(this.#topics.values(), this.#notices.ready)
    // A read has no gap to what is received only if it begins after the bus delivers.
    const stored = await logs.reads.inbox(this.#viewerId)
    const heads = new Map(stored.conversations.map(entry => [entry.conversationId, entry]))
    const { positions, refused, point } = await resolveInboxStart(logs.reads, this.#viewerId, start, heads)
    await inSlices([...heads.keys(), ...positions.keys()], id => this.#follow(id))
    const left = await this.#readHeadsExcept(heads)
    await this.#catchUp([...stored.conversations, ...left])
    await afterMany(heads.size)
    const inbox = new Inbox(this.#dependencies, {
      viewerId: this.#viewerId,
      stream: this.#stream,
      topics: this.#topics.values(),
      stored,
      position: new InboxPosition(point ?? inboxPointOf(stored)),
      notices: this.#notices,
    })
    await afterMany(heads.size)
    return { inbox, conversationCount: heads.size, refused, replays: () => this.#replays(heads, positions) }
  }

  /** Returns the topics that the stream has followed for the opening, which may be released again. */
  cancel(): Iterable<Topic> {
    this.#notices[Symbol.dispose]()
    return this.#topics.values()
  }

  #follow(id: ConversationId): void {
    if (!this.#topics.has(id)) this.#topics.set(id, this.#dependencies.logs.topics.follow(id, this.#stream))
  }

  /** The heads of followed conversations of which the viewer is no longer a member. */
  async #readHeadsExcept(heads: Heads): Promise<readonly Pick<InboxHead, 'conversationId' | 'head'>[]> {
    const { logs } = this.#dependencies
    const left = [...this.#topics.keys()].filter(conversationId => !heads.has(conversationId))
    await logs.topics.whenAllReady(left.flatMap(id => this.#topics.get(id) ?? []))
    return left.length === 0 ? [] : logs.store.latest.log.heads(left)
  }

  async #catchUp(heads: readonly Pick<InboxHead, 'conversationId' | 'head'>[]): Promise<void> {
    const { catchUp } = this.#dependencies.logs
    const late = heads.flatMap(({ conversationId, head }) => {
      const topic = this.#topics.get(conversationId)
      return topic === undefined || head <= topic.head ? [] : [catchUp.ensureCaughtUpTo(topic, head)]
    })
    await Promise.all(late)
  }

  /** Cursors for logs that have something to replay, or whose viewer may no longer be a member. */
  #replays(heads: Heads, positions: ReadonlyMap<ConversationId, number>): ReadonlyMap<Topic, CursorStart> {
    const replays = new Map<Topic, CursorStart>()
    for (const [conversationId, topic] of this.#topics) {
      const provedAt = heads.get(conversationId)?.head ?? 0
      const position = positions.get(conversationId) ?? provedAt
      const wasMember = heads.has(conversationId)
      const member = wasMember && topic.head <= provedAt
      if (!member || position < topic.head)
        replays.set(topic, { position, provedAt, member, wasMember, viewerId: this.#viewerId })
    }
    return replays
  }
}
