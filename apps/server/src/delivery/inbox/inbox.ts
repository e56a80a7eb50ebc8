import { type ConversationId, isActive, type LogEvent, type StoredInbox, type UserId } from '@cpc-messenger/messenger'
import type { CursorStart } from '../log/cursor.ts'
import type { Logs } from '../log/logs.ts'
import type { StreamItem } from '../log/stream-item.ts'
import type { Follower, Topic } from '../log/topic.ts'
import type { InboxPosition } from './inbox-position.ts'
import { InboxSnapshot, type InboxTopics } from './inbox-snapshot.ts'
import type { MembershipNotices } from './membership-notices.ts'

/** A position that lists more conversations is shortened early, at most once in this time. */
const manyListed = 16
const minEarlyRefreshMs = 1000

/** The stream that delivers an inbox. It follows the topics of the inbox. */
export interface InboxStream extends Follower {
  /** There may be conversations in `takeJoined`, or a position in `takePosition`. Must not throw. */
  inboxReady(): void
}

export interface InboxDependencies {
  readonly logs: Logs
  /** The open inboxes, which are compared with the store. */
  readonly inboxes: Set<Inbox>
  /** Least milliseconds between two positions, while events flow. */
  readonly positionEveryMs: number
}

interface InboxContents {
  readonly viewerId: UserId
  readonly stream: InboxStream
  readonly topics: Iterable<Topic>
  readonly stored: StoredInbox
  readonly position: InboxPosition
  /** Received since before `stored` was read. The inbox disposes of them. */
  readonly notices: MembershipNotices
}

/** A conversation that the inbox has joined, and the start of its cursor. */
interface JoinedLog {
  readonly topic: Topic
  readonly start: CursorStart
}

/**
 * The conversations of one viewer, as one stream delivers them. Only conversations that are behind have cursors; of the
 * others the topic's head is the position. The inbox position covers what was delivered so far. Its mark is that of a
 * snapshot of the store of which every conversation is known here and everything is delivered.
 */
export class Inbox implements InboxTopics {
  readonly viewerId: UserId
  readonly #dependencies: InboxDependencies
  readonly #stream: InboxStream
  readonly #position: InboxPosition
  readonly #topics = new Map<ConversationId, Topic>()
  #joined: JoinedLog[] = []
  /** The ordinal of each join since the inbox was opened. */
  readonly #joinOrdinals = new Map<ConversationId, number>()
  #joins = 0
  /** The ordinal of each loss since the inbox was opened. */
  readonly #lossOrdinals = new Map<ConversationId, number>()
  #losses = 0
  /** Undefined once everything that it shows is delivered. */
  #snapshot: InboxSnapshot | undefined
  #refreshing = false
  /** Events were delivered after the last reported position. */
  #flowed = false
  #reportedAt: number | undefined
  /** The mark has advanced since a position was reported. */
  #advanced = false
  #refreshedAt = performance.now()
  readonly #notices: MembershipNotices
  #closed = false

  constructor(dependencies: InboxDependencies, { viewerId, stream, topics, stored, position, notices }: InboxContents) {
    this.viewerId = viewerId
    this.#dependencies = dependencies
    this.#stream = stream
    this.#position = position
    this.#notices = notices
    for (const topic of topics) this.#topics.set(topic.conversationId, topic)
    this.#snapshot = new InboxSnapshot(stored, { delivered: 0, joins: 0 }, this.#topics.keys())
  }

  /** Milliseconds since the conversations were last read from the store. */
  get ageMs(): number {
    return performance.now() - this.#refreshedAt
  }

  /** The position right after the event that was delivered last. */
  get positionText(): string {
    return this.#position.text
  }

  has(conversationId: ConversationId): boolean {
    return this.#topics.has(conversationId)
  }

  topicOf(conversationId: ConversationId): Topic | undefined {
    return this.#topics.get(conversationId)
  }

  joinOf(conversationId: ConversationId): number {
    return this.#joinOrdinals.get(conversationId) ?? 0
  }

  /** Begins to join conversations. Call it once the stream has placed the inbox's cursors. */
  open(): void {
    this.#dependencies.inboxes.add(this)
    this.#notices.start(conversationId => this.mayHaveJoined(conversationId))
  }

  /** Conversations that were joined since the last call. The stream has to deliver them from their start on. */
  takeJoined(): readonly JoinedLog[] {
    if (this.#joined.length === 0) return this.#joined
    const joined = this.#joined
    this.#joined = []
    return joined
  }

  /** The stream has delivered the end of the viewer's membership, or of the conversation. */
  left(conversationId: ConversationId): void {
    if (!this.#topics.delete(conversationId)) return
    this.#losses += 1
    this.#lossOrdinals.set(conversationId, this.#losses)
    this.mayHaveJoined(conversationId)
  }

  /** The store is asked whether the viewer has joined this conversation. */
  mayHaveJoined(conversationId: ConversationId): void {
    if (this.#lacks(conversationId)) void this.#checkMembership(conversationId)
  }

  delivered({ conversationId, sequence }: LogEvent): void {
    this.#flowed = true
    this.#position.delivered(conversationId, sequence)
  }

  /** Notifies the stream if a position has to be reported. */
  signalIfPositionDue(): void {
    if (this.#isPositionDue) this.#stream.inboxReady()
  }

  /** The position, if it is time to report it. Call it when every received event is delivered. */
  takePosition(): StreamItem | undefined {
    this.#advance()
    if (this.#reportedAt !== undefined && !this.#isPositionDue) {
      if (this.#position.listed > manyListed && this.ageMs >= minEarlyRefreshMs) void this.refresh()
      return undefined
    }
    if (!this.#advanced) {
      if (this.#snapshot === undefined) void this.refresh()
      return undefined
    }
    this.#advanced = false
    this.#reportedAt = performance.now()
    this.#flowed = false
    return { kind: 'position', conversationId: null, position: this.positionText, sequence: 0, live: true }
  }

  /** Notices may have been lost: the next comparison reads the conversations from the store again. */
  markStale(): void {
    this.#refreshedAt = Number.NEGATIVE_INFINITY
  }

  /** Reads the viewer's conversations from the store and joins those that the inbox lacks. Never rejects. */
  async refresh(): Promise<void> {
    if (this.#refreshing || this.#closed) return
    this.#refreshing = true
    const startedAt = performance.now()
    const since = { delivered: this.#position.count, joins: this.#joins }
    const stored = await this.#readConversations()
    this.#refreshing = false
    if (stored === undefined || this.#closed) return
    this.#refreshedAt = startedAt
    this.#snapshot = new InboxSnapshot(stored, since, this.#topics.keys())
    this.#stream.inboxReady()
  }

  /** Returns the topics that the stream follows for this inbox. */
  close(): readonly Topic[] {
    this.#closed = true
    this.#notices[Symbol.dispose]()
    this.#dependencies.inboxes.delete(this)
    return [...this.#topics.values()]
  }

  get #isPositionDue(): boolean {
    if (this.#reportedAt === undefined || !this.#flowed) return false
    return performance.now() - this.#reportedAt >= this.#dependencies.positionEveryMs
  }

  #lacks(conversationId: ConversationId): boolean {
    return !this.#closed && !this.has(conversationId)
  }

  /** Whether the inbox has lost this conversation after it had lost `losses`: what was read before may be out of date. */
  #hasLostSince(losses: number, conversationId: ConversationId): boolean {
    return (this.#lossOrdinals.get(conversationId) ?? 0) > losses
  }

  /** A notice says only that the viewer may have joined; the store decides. */
  async #checkMembership(conversationId: ConversationId): Promise<void> {
    const { logs } = this.#dependencies
    const losses = this.#losses
    try {
      const [membership] = await logs.reads.members.byPairs([{ conversationId, userId: this.viewerId }])
      if (membership !== undefined && isActive(membership) && !this.#hasLostSince(losses, conversationId))
        this.#join(conversationId, membership.joinedSequence)
    } catch (error) {
      logs.log.warn({ err: error }, 'reading a membership for an inbox failed')
    }
  }

  async #readConversations(): Promise<StoredInbox | undefined> {
    const { logs } = this.#dependencies
    const losses = this.#losses
    try {
      const stored = await logs.reads.inbox(this.viewerId)
      for (const { conversationId, joinedSequence } of stored.conversations)
        if (!this.#hasLostSince(losses, conversationId)) this.#join(conversationId, joinedSequence)
      return stored
    } catch (error) {
      logs.log.warn({ err: error }, "reading a user's conversations for an inbox failed")
      return undefined
    }
  }

  /** Delivery starts with the viewer's MemberJoined, by a read that proves the membership. */
  #join(conversationId: ConversationId, joinedSequence: number): void {
    if (!this.#lacks(conversationId)) return
    const { viewerId } = this
    const topic = this.#dependencies.logs.topics.follow(conversationId, this.#stream)
    this.#joins += 1
    this.#joinOrdinals.set(conversationId, this.#joins)
    this.#topics.set(conversationId, topic)
    const start = { position: joinedSequence - 1, provedAt: 0, member: false, wasMember: true, viewerId }
    this.#joined.push({ topic, start })
    this.#stream.inboxReady()
  }

  /** Advances the mark if everything that the snapshot showed is delivered. */
  #advance(): void {
    const snapshot = this.#snapshot
    const progress = snapshot?.progressIn(this)
    if (snapshot === undefined || progress === 'behind') return
    this.#snapshot = undefined
    if (progress === 'outdated') return
    const heads = snapshot.stored.conversations.filter(({ conversationId }) => this.#position.lists(conversationId))
    this.#position.advance(
      snapshot.stored,
      snapshot.since.delivered,
      new Map(heads.map(({ conversationId, head }) => [conversationId, head])),
    )
    this.#advanced = true
  }
}
