import { type ConversationId, currentStatus, notFound, type User, type UserId } from '@cpc-messenger/messenger'
import type { Actor } from '../../services/identity/actor.ts'
import type { Presences } from '../../services/presence/presences.ts'
import type { RecentUsers } from '../../services/reads/recent-users.ts'
import { RowLoaders } from '../../services/reads/row-loaders.ts'
import { ViewerReads } from '../../services/reads/viewer-reads.ts'
import type { Logs } from '../log/logs.ts'
import type { StreamConsumer } from '../streams/event-stream.ts'
import { type ChannelDependencies, ConversationChannel } from './conversation-channel.ts'
import { Leases } from './leases.ts'
import { MembershipWatch } from './membership-watch.ts'
import { PresenceListeners } from './presence-listeners.ts'
import { PresenceWatch } from './presence-watch.ts'
import { ProfileWatch } from './profile-watch.ts'
import type { ConversationSignalKind } from './signal-kinds.ts'
import type { PresenceSource, ViewerStatus } from './signal-sources.ts'
import { SignalStream } from './signal-stream.ts'
import { ViewerChannel } from './viewer-channel.ts'

export interface SignalServiceDependencies extends Omit<ChannelDependencies, 'presences'> {
  readonly presences: PresenceSource & Pick<Presences, 'choiceOf'>
  /** Changed profiles are removed from it. */
  readonly users?: RecentUsers | undefined
}

/** Opens subscriptions to signals: proves what the viewer may see, and sends the present state first. */
export class SignalService implements Disposable {
  readonly #logs: Logs
  readonly #users: RecentUsers | undefined
  readonly #presences: PresenceListeners
  readonly #channels: Leases<ConversationId, ConversationChannel>
  readonly #viewers: Leases<UserId, ViewerChannel>
  readonly #profiles: ProfileWatch
  readonly #restored: Disposable

  constructor({ presences, users, ...dependencies }: SignalServiceDependencies) {
    const { logs, bus } = dependencies
    const { latest: reader } = logs.store
    this.#logs = logs
    this.#users = users
    this.#presences = new PresenceListeners(presences)
    const statusOf = async (userId: UserId): Promise<ViewerStatus> => {
      const chosen = await presences.choiceOf(userId)
      return { presenceChoice: chosen.choice, ...currentStatus(chosen, dependencies.clock.now()) }
    }
    const ofChannels = { ...dependencies, presences: this.#presences }
    this.#channels = new Leases(conversationId => new ConversationChannel(conversationId, ofChannels))
    this.#viewers = new Leases(
      userId => new ViewerChannel(userId, { bus, log: logs.log, statusOf: () => statusOf(userId) }),
    )
    this.#profiles = new ProfileWatch({ bus, reader, users, log: logs.log }, this.#viewers.all)
    this.#restored = bus.onRestored(() => {
      for (const channel of this.#channels.all.values()) channel.restored()
    })
  }

  /** Conversations whose signals have subscribers on this node. */
  get openChannels(): number {
    return this.#channels.all.size
  }

  /** Users whose private signals have subscribers on this node. */
  get openViewers(): number {
    return this.#viewers.all.size
  }

  /** A user whom a signal is about; at once if the user was read lately. */
  user(id: UserId): User | Promise<User> {
    return this.#users?.find(id) ?? this.#readUser(id)
  }

  /** Returns a stream that follows nothing yet. If following fails, the caller closes it. */
  open(viewer: Actor, consumer: StreamConsumer): SignalStream {
    return new SignalStream(viewer.userId, consumer)
  }

  /**
   * Makes a stream follow the signals of a conversation. Rejects with NOT_FOUND or FORBIDDEN. The stream ends with the
   * viewer's membership.
   */
  async followConversation(
    stream: SignalStream,
    viewer: Actor,
    conversationId: ConversationId,
    kinds: ReadonlySet<ConversationSignalKind>,
  ): Promise<void> {
    const lease = this.#channels.open(conversationId)
    stream.use(lease)
    const channel = lease.resource
    const watch = new MembershipWatch(this.#logs, channel.topic, viewer.userId, {
      membershipEnded: () => stream.end(),
      membershipProved: isProved => (isProved ? stream.resume() : stream.hold()),
    })
    stream.use(watch)
    await Promise.all([channel.ready, this.#logs.gate.enter(viewer.userId)])
    const membership = await this.#logs.reads.logMembership(conversationId, viewer.userId)
    if (membership?.member !== true) {
      await new ViewerReads(viewer, this.#logs.store.latest, new RowLoaders(this.#logs.reads)).requireMember(
        conversationId,
      )
      throw notFound('conversation')
    }
    await this.#logs.catchUp.ensureCaughtUpTo(channel.topic, membership.head)
    if (!watch.begin(membership.head)) throw notFound('conversation')
    await channel.load(kinds)
    stream.use(channel.add(stream, kinds))
  }

  /** Makes a stream follow what is private to the viewer, and profiles of those who share a conversation with the viewer. */
  async followViewer(stream: SignalStream, { userId }: Actor): Promise<void> {
    const lease = this.#viewers.open(userId)
    stream.use(lease)
    stream.use(lease.resource.add(stream))
    await Promise.all([lease.resource.ready, this.#profiles.ready])
  }

  /**
   * Makes a stream follow the presence of these users. Who shares no
   * conversation with the viewer is OFFLINE, as is who does not exist.
   */
  async followPresence(stream: SignalStream, { userId }: Actor, userIds: ReadonlySet<UserId>): Promise<void> {
    const dependencies = { logs: this.#logs, presences: this.#presences, bus: this.#logs.bus }
    const watch = new PresenceWatch(dependencies, userId, stream, userIds)
    stream.use(watch)
    await watch.start()
  }

  async #readUser(id: UserId): Promise<User> {
    const { byIds } = this.#logs.reads.users
    const [user] = await (this.#users === undefined ? byIds([id]) : this.#users.read([id], byIds))
    if (user === undefined) throw new TypeError('a signal refers to a user who is not stored')
    return user
  }

  [Symbol.dispose](): void {
    this.#restored[Symbol.dispose]()
    this.#channels[Symbol.dispose]()
    this.#viewers[Symbol.dispose]()
    this.#profiles[Symbol.dispose]()
    this.#presences[Symbol.dispose]()
  }
}
