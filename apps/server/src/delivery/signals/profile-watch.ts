import {
  type SignalBus,
  type SignalSubscription,
  type StoreReader,
  signalKeyText,
  type UserId,
} from '@cpc-messenger/messenger'
import type { RecentUsers } from '../../services/reads/recent-users.ts'
import type { Logger } from '../../services/telemetry/logger.ts'
import { signalItem } from './signal-item.ts'
import type { ViewerChannel } from './viewer-channel.ts'

interface ProfileWatchDependencies {
  readonly bus: SignalBus
  readonly reader: Pick<StoreReader, 'users' | 'members'>
  readonly users: RecentUsers | undefined
  readonly log: Logger
}

/**
 * Sends changed profiles to the viewers on this node who share a conversation with the user. Profiles change rarely: they are
 * processed one after the other, each in its newest version.
 */
export class ProfileWatch implements Disposable {
  readonly #dependencies: ProfileWatchDependencies
  readonly #viewers: ReadonlyMap<UserId, ViewerChannel>
  readonly #subscription: SignalSubscription
  readonly #changed = new Set<UserId>()
  #running = false

  /** `viewers`: the open channels. */
  constructor(dependencies: ProfileWatchDependencies, viewers: ReadonlyMap<UserId, ViewerChannel>) {
    this.#dependencies = dependencies
    this.#viewers = viewers
    this.#subscription = dependencies.bus.subscribe({ kind: 'profiles' }, ({ key }) => {
      if (key.kind === 'profile') this.#receive(key.userId)
    })
  }

  get ready(): Promise<void> {
    return this.#subscription.ready
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
    this.#changed.clear()
  }

  #receive(userId: UserId): void {
    this.#dependencies.users?.forget([userId])
    if (this.#viewers.size === 0) return
    this.#changed.add(userId)
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    for (const userId of this.#changed) {
      this.#changed.delete(userId)
      await this.#send(userId).catch(error =>
        this.#dependencies.log.warn({ err: error }, 'sending a changed profile failed'),
      )
    }
    this.#running = false
  }

  async #send(userId: UserId): Promise<void> {
    const { users, members } = this.#dependencies.reader
    const isMember = (await members.shared(userId, [userId])).length > 0
    if (!isMember) return
    const sharing = await members.shared(
      userId,
      [...this.#viewers.keys()].filter(id => id !== userId),
    )
    const [user] = await users.byIds([userId])
    if (user === undefined) return
    const item = signalItem(signalKeyText({ kind: 'profile', userId }), { type: 'UserChanged', user })
    for (const viewer of sharing) this.#viewers.get(viewer.userId)?.send(item)
  }
}
