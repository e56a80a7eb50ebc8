import type { ConversationId, LogEvent, Inbox as StoredInbox, UserId } from '@cpc-messenger/messenger'
import type { Topic } from '../log/topic.ts'
import type { JoinListener } from '../repair/join-comparison.ts'
import type { StreamItem } from '../streams/stream-item.ts'
import type { InboxPosition } from './inbox-position.ts'
import { InboxReading, type InboxTopics } from './inbox-reading.ts'

/** Conversations that a position lists before its mark is moved on early, and how often that may be tried. */
const manyListed = 16
const earlyMs = 1000

export interface InboxDependencies {
  readonly viewerId: UserId
  /** Takes up a conversation that the viewer may have joined. */
  take(conversationId: ConversationId): void
  /** Reads afresh what the viewer is a member of, takes up what the inbox lacks, and answers what was read. */
  refresh(): Promise<StoredInbox | undefined>
  /** There may be a position to tell. */
  onReady(): void
  readonly notices: Disposable
  /** A position is told this often at most, while events flow. */
  readonly positionEveryMs: number
}

/**
 * The conversations of one subscriber's inbox. Where their logs stand is known by the topics; only lags have cursors. Its
 * position holds for what was delivered so far; the mark in it is that of a reading of the store of whose moment every
 * conversation is known to the inbox and everything was delivered.
 */
export class Inbox implements JoinListener, InboxTopics {
  readonly #dependencies: InboxDependencies
  readonly #position: InboxPosition
  readonly #topics = new Map<ConversationId, Topic>()
  /** Those that were taken up since the inbox was opened, with how many those were by then. */
  readonly #joined = new Map<ConversationId, number>()
  #joins = 0
  /** Conversations that it had and lost, with how many it had lost by then. */
  readonly #lost = new Map<ConversationId, number>()
  #losses = 0
  /** Not all that it shows is known to be delivered. */
  #reading: InboxReading | undefined
  #refreshing = false
  #flowed = false
  #toldAt: number | undefined
  /** The mark was moved on since a position was told. */
  #advanced = false
  #refreshedAt = performance.now()
  #closed = false

  constructor(topics: Iterable<Topic>, opened: StoredInbox, position: InboxPosition, dependencies: InboxDependencies) {
    this.#dependencies = dependencies
    this.#position = position
    for (const topic of topics) this.#topics.set(topic.conversationId, topic)
    this.#reading = new InboxReading(opened, { delivered: 0, joins: 0 }, this.#topics.keys())
  }

  /** Milliseconds since the conversations were last read from the store. */
  get age(): number {
    return performance.now() - this.#refreshedAt
  }

  get viewerId(): UserId {
    return this.#dependencies.viewerId
  }

  /** What to come back with: the place right after what was taken last. */
  get place(): string {
    return this.#position.text
  }

  has(conversationId: ConversationId): boolean {
    return this.#topics.has(conversationId)
  }

  topicOf(conversationId: ConversationId): Topic | undefined {
    return this.#topics.get(conversationId)
  }

  joinOf(conversationId: ConversationId): number {
    return this.#joined.get(conversationId) ?? 0
  }

  /** Conversations that it has lost so far. */
  get losses(): number {
    return this.#losses
  }

  /** Whether it lost this one after it had lost so many: what was read before that may be of a membership that has ended. */
  hasLostSince(losses: number, conversationId: ConversationId): boolean {
    return (this.#lost.get(conversationId) ?? 0) > losses
  }

  joined(topic: Topic): void {
    this.#joins += 1
    this.#joined.set(topic.conversationId, this.#joins)
    this.#topics.set(topic.conversationId, topic)
  }

  left(conversationId: ConversationId): void {
    if (!this.#topics.delete(conversationId)) return
    this.#losses += 1
    this.#lost.set(conversationId, this.#losses)
    this.#dependencies.take(conversationId)
  }

  mayHaveJoined(conversationId: ConversationId): void {
    if (!this.has(conversationId)) this.#dependencies.take(conversationId)
  }

  delivered({ conversationId, sequence }: LogEvent): void {
    this.#flowed = true
    this.#position.delivered(conversationId, sequence)
  }

  /** Events have flowed, and it is time to tell where the inbox stands. */
  get isDue(): boolean {
    return (
      this.#toldAt !== undefined &&
      this.#flowed &&
      performance.now() - this.#toldAt >= this.#dependencies.positionEveryMs
    )
  }

  /** Tells its stream to ask for `position`. */
  wake(): void {
    this.#dependencies.onReady()
  }

  /** Where the inbox stands, if it is time to tell. Called when everything that this node has heard of is delivered. */
  position(): StreamItem | undefined {
    this.#advance()
    if (this.#toldAt !== undefined && !this.isDue) {
      if (this.#position.listed > manyListed && this.age >= earlyMs) void this.refresh()
      return undefined
    }
    if (!this.#advanced) {
      if (this.#reading === undefined) void this.refresh()
      return undefined
    }
    this.#advanced = false
    this.#toldAt = performance.now()
    this.#flowed = false
    return { kind: 'position', conversationId: null, position: this.place, sequence: 0, live: true }
  }

  /** News of joining may have been lost. */
  outdate(): void {
    this.#refreshedAt = Number.NEGATIVE_INFINITY
  }

  /** Makes up for whatever news of joining was lost. */
  async refresh(): Promise<void> {
    if (this.#refreshing || this.#closed) return
    this.#refreshing = true
    const askedAt = performance.now()
    const since = { delivered: this.#position.count, joins: this.#joins }
    const stored = await this.#dependencies.refresh()
    this.#refreshing = false
    if (stored === undefined || this.#closed) return
    this.#refreshedAt = askedAt
    this.#reading = new InboxReading(stored, since, this.#topics.keys())
    this.#dependencies.onReady()
  }

  /** Answers the topics that it listened to. */
  close(): readonly Topic[] {
    this.#closed = true
    this.#dependencies.notices[Symbol.dispose]()
    return [...this.#topics.values()]
  }

  /** Moves the mark on, where all that a reading showed is delivered. */
  #advance(): void {
    const reading = this.#reading
    const progress = reading?.progressIn(this)
    if (reading === undefined || progress === 'behind') return
    this.#reading = undefined
    if (progress === 'outdated') return
    const heads = reading.stored.conversations.filter(({ conversationId }) => this.#position.lists(conversationId))
    this.#position.advance(
      reading.stored,
      reading.since.delivered,
      new Map(heads.map(({ conversationId, head }) => [conversationId, head])),
    )
    this.#advanced = true
  }
}
