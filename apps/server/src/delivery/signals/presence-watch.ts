import {
  type ConversationId,
  type ConversationUser,
  type EventBus,
  type LogEvent,
  offline,
  type Presence,
  signalKeyText,
  type UserId,
} from '@cpc-messenger/messenger'
import type { Logs } from '../log/logs.ts'
import type { Follower, Topic } from '../log/topic.ts'
import type { PresenceListener, PresenceListeners } from './presence-listeners.ts'
import { PresenceState } from './presence-state.ts'
import type { SignalStream } from './signal-stream.ts'

const retryMs = 500
/** How often users who share no conversation with the viewer are checked, if the notice of a joining was lost. */
const checkEveryMs = 30_000

export interface PresenceWatchDependencies {
  readonly logs: Logs
  readonly presences: PresenceListeners
  readonly bus: EventBus
}

/**
 * The presence of some users for one viewer. Of each user who shares a conversation with the viewer, one such conversation is
 * followed: while both are members of it, the presence is sent. All others are OFFLINE.
 */
export class PresenceWatch implements PresenceListener, Follower, Disposable {
  readonly #dependencies: PresenceWatchDependencies
  readonly #viewerId: UserId
  readonly #stream: SignalStream
  readonly #userIds: ReadonlySet<UserId>
  readonly #state: PresenceState
  /** The conversation that each user shares with the viewer. */
  readonly #shared = new Map<UserId, ConversationId>()
  readonly #topics = new Map<ConversationId, Topic>()
  /** Users of whom it has to be read whether they share a conversation with the viewer. */
  readonly #unproved: Set<UserId>
  /** Conversations in which a membership ended, or may have, while sharing was read. */
  readonly #touched = new Set<ConversationId>()
  /** Changes that were received while sharing was read. */
  readonly #received = new Map<UserId, Presence>()
  readonly #notices: Disposable[] = []
  readonly #check: NodeJS.Timeout
  #running: Promise<void> | undefined
  #closed = false

  constructor(
    dependencies: PresenceWatchDependencies,
    viewerId: UserId,
    stream: SignalStream,
    userIds: ReadonlySet<UserId>,
  ) {
    this.#dependencies = dependencies
    this.#viewerId = viewerId
    this.#stream = stream
    this.#userIds = userIds
    this.#unproved = new Set(userIds)
    this.#state = new PresenceState(item => stream.push(item), true)
    this.#check = setInterval(() => this.#proveOthers(), checkEveryMs).unref()
  }

  /** Resolves once the present state of all users was sent. Rejects if it cannot be read. */
  async start(): Promise<void> {
    const { bus, presences } = this.#dependencies
    const joined = [bus.subscribeUser(this.#viewerId, () => this.#proveOthers())]
    for (const userId of this.#userIds) {
      presences.add(userId, this)
      if (userId !== this.#viewerId) joined.push(bus.subscribeUser(userId, () => this.#proveOthers([userId])))
    }
    this.#notices.push(...joined)
    await Promise.all(joined.map(({ ready }) => ready))
    const first = this.#prove()
    this.#running = first.catch(() => undefined)
    await first
    this.#running = undefined
    this.#proveLater()
  }

  presenceChanged(presence: Presence): void {
    if (this.#shared.has(presence.userId)) this.#state.set(presence)
    else if (this.#running !== undefined) this.#received.set(presence.userId, presence)
  }

  grown({ conversationId, gapUpTo }: Topic, from: number): void {
    if (gapUpTo > from) this.#doubt(conversationId)
  }

  ended({ conversationId }: Topic, event: LogEvent): void {
    if (event.type === 'ConversationDeleted') this.#doubt(conversationId)
    else if (event.type === 'MemberLeft')
      this.#doubt(conversationId, event.userId === this.#viewerId ? undefined : event.userId)
  }

  [Symbol.dispose](): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#check)
    for (const notice of this.#notices) notice[Symbol.dispose]()
    for (const userId of this.#userIds) this.#dependencies.presences.remove(userId, this)
    for (const topic of this.#topics.values()) this.#dependencies.logs.topics.unfollow(topic, this)
    this.#state[Symbol.dispose]()
  }

  /** One or all of those who share this conversation with the viewer may no longer share it: nothing of them is sent meanwhile. */
  #doubt(conversationId: ConversationId, only?: UserId): void {
    this.#touched.add(conversationId)
    for (const [userId, shared] of this.#shared)
      if (shared === conversationId && (only === undefined || userId === only)) {
        this.#shared.delete(userId)
        this.#state.delete(userId)
        this.#stream.discard(signalKeyText({ kind: 'presence', userId }))
        this.#unproved.add(userId)
      }
    this.#proveLater()
  }

  /** Users who share no conversation with the viewer may do so now. */
  #proveOthers(userIds: Iterable<UserId> = this.#userIds): void {
    for (const userId of userIds) if (!this.#shared.has(userId)) this.#unproved.add(userId)
    this.#proveLater()
  }

  /** Repeats it until it succeeds. */
  #proveLater(): void {
    if (this.#unproved.size === 0 || this.#running !== undefined || this.#closed) return
    this.#running = this.#prove()
      .catch(error => {
        this.#dependencies.logs.log.warn({ err: error }, 'reading shared conversations failed; retrying')
        return new Promise<void>(resolve => setTimeout(resolve, retryMs).unref())
      })
      .finally(() => {
        this.#running = undefined
        this.#proveLater()
      })
  }

  async #prove(): Promise<void> {
    const { logs, presences } = this.#dependencies
    await logs.gate.enter(this.#viewerId)
    const wanted = [...this.#unproved]
    this.#received.clear()
    const found = await this.#findShared(wanted)
    const current = new Map((await presences.of([...found.keys()])).map(presence => [presence.userId, presence]))
    if (this.#closed) return
    for (const userId of wanted) {
      const conversationId = found.get(userId)
      // Who is in doubt again is read again.
      if (conversationId !== undefined && this.#touched.has(conversationId)) continue
      this.#unproved.delete(userId)
      const presence = this.#received.get(userId) ?? current.get(userId)
      if (conversationId === undefined || presence === undefined) this.#state.set(offline(userId), true)
      else {
        this.#shared.set(userId, conversationId)
        this.#state.set(presence)
      }
    }
    this.#unfollowUnused()
  }

  /** The shared conversations, which are followed when they are read: so their end is noticed. */
  async #findShared(userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, ConversationId>> {
    const { logs } = this.#dependencies
    for (;;) {
      this.#touched.clear()
      const shared = await logs.store.latest.members.shared(this.#viewerId, userIds)
      const fresh = this.#followAll(shared)
      if (this.#closed || fresh.length === 0)
        return new Map(shared.map(({ userId, conversationId }) => [userId, conversationId]))
      await logs.topics.whenAllReady(fresh)
      await this.#catchUp(fresh)
    }
  }

  /** From then on, a gap in what a topic receives is noticed. */
  async #catchUp(topics: readonly Topic[]): Promise<void> {
    const { logs } = this.#dependencies
    const heads = await logs.store.latest.log.heads(topics.map(({ conversationId }) => conversationId))
    await Promise.all(
      heads.map(({ conversationId, head }) => {
        const topic = this.#topics.get(conversationId)
        return topic && logs.catchUp.ensureCaughtUpTo(topic, head)
      }),
    )
  }

  #followAll(shared: readonly ConversationUser[]): readonly Topic[] {
    const fresh: Topic[] = []
    if (this.#closed) return fresh
    for (const { conversationId } of shared) {
      if (this.#topics.has(conversationId)) continue
      const topic = this.#dependencies.logs.topics.follow(conversationId, this)
      this.#topics.set(conversationId, topic)
      fresh.push(topic)
    }
    return fresh
  }

  #unfollowUnused(): void {
    const used = new Set(this.#shared.values())
    for (const [conversationId, topic] of this.#topics)
      if (!used.has(conversationId)) {
        this.#topics.delete(conversationId)
        this.#dependencies.logs.topics.unfollow(topic, this)
      }
  }
}
