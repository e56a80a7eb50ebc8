import { type ConversationId, notFound } from '@cpc-messenger/messenger'
import type { Actor } from '../../services/identity/actor.ts'
import { RowLoaders } from '../../services/reads/row-loaders.ts'
import { ViewerReads } from '../../services/reads/viewer-reads.ts'
import type { Logs } from '../log/logs.ts'
import type { StreamConsumer } from '../streams/event-stream.ts'
import type { ChannelDependencies } from './conversation-channel.ts'
import { ConversationChannels } from './conversation-channels.ts'
import { MembershipWatch } from './membership-watch.ts'
import { PresenceListeners } from './presence-listeners.ts'
import type { ConversationSignalKind } from './signal-kinds.ts'
import type { PresenceSource } from './signal-sources.ts'
import { SignalStream } from './signal-stream.ts'

export interface SignalServiceDependencies extends Omit<ChannelDependencies, 'members' | 'presences'> {
  readonly presences?: PresenceSource | undefined
}

/** Opens subscriptions to signals: proves what the viewer may see, and sends the present state first. */
export class SignalService implements Disposable {
  readonly #logs: Logs
  readonly #presences: PresenceListeners | undefined
  readonly #channels: ConversationChannels

  constructor({ presences, ...dependencies }: SignalServiceDependencies) {
    this.#logs = dependencies.logs
    this.#presences = presences && new PresenceListeners(presences)
    this.#channels = new ConversationChannels({
      ...dependencies,
      members: this.#logs.store.latest.members,
      presences: this.#presences,
    })
  }

  /** Conversations whose signals have subscribers on this node. */
  get openChannels(): number {
    return this.#channels.size
  }

  /** Returns a stream that follows nothing yet. */
  open(viewer: Actor, consumer: StreamConsumer): SignalStream {
    return new SignalStream(viewer.userId, consumer)
  }

  /**
   * Makes a stream follow the signals of a conversation. Rejects with NOT_FOUND or FORBIDDEN; the caller closes the stream then.
   * The stream ends with the viewer's membership.
   */
  async followConversation(
    stream: SignalStream,
    viewer: Actor,
    conversationId: ConversationId,
    kinds: ReadonlySet<ConversationSignalKind>,
  ): Promise<void> {
    const lease = this.#channels.open(conversationId)
    stream.use(lease)
    const { channel } = lease
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

  [Symbol.dispose](): void {
    this.#channels[Symbol.dispose]()
    this.#presences?.[Symbol.dispose]()
  }
}
