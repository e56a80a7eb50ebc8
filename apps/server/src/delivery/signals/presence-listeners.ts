import type { Presence, UserId } from '@cpc-messenger/messenger'
import type { PresenceSource } from './signal-sources.ts'

export interface PresenceListener {
  /** Called in any tick of the event loop; must not throw. */
  presenceChanged(presence: Presence): void
}

/** The subscribers to each user's presence on this node: a change is passed only to those. */
export class PresenceListeners implements Disposable {
  readonly #source: PresenceSource
  readonly #byUser = new Map<UserId, Set<PresenceListener>>()
  readonly #changes: Disposable

  constructor(source: PresenceSource) {
    this.#source = source
    this.#changes = source.onChange(presence => {
      for (const listener of this.#byUser.get(presence.userId) ?? []) listener.presenceChanged(presence)
    })
  }

  of(userIds: readonly UserId[]): Promise<readonly Presence[]> {
    return this.#source.of(userIds)
  }

  add(userId: UserId, listener: PresenceListener): void {
    const listeners = this.#byUser.get(userId) ?? new Set()
    this.#byUser.set(userId, listeners.add(listener))
  }

  remove(userId: UserId, listener: PresenceListener): void {
    const listeners = this.#byUser.get(userId)
    listeners?.delete(listener)
    if (listeners?.size === 0) this.#byUser.delete(userId)
  }

  [Symbol.dispose](): void {
    this.#changes[Symbol.dispose]()
    this.#byUser.clear()
  }
}
