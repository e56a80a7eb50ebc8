import type { LocalPresence, Presence, PresenceChange, PresenceRegistry, UserId } from '@cpc-messenger/messenger'
import type { Logger } from '../../../services/telemetry/logger.ts'
import { Listeners } from '../listeners/listeners.ts'
import { NodePresences } from '../listeners/node-presences.ts'

const here = 'here'
const changed = 'changed'

/** The presence registry of a single process. */
export class InProcessPresenceRegistry implements PresenceRegistry {
  readonly #presences = new NodePresences()
  readonly #listeners: Listeners<typeof changed, (change: PresenceChange) => void>

  constructor(log: Logger) {
    this.#listeners = new Listeners(log)
  }

  set(local: LocalPresence): void {
    const merged = this.#presences.set(here, local)
    if (merged !== undefined) this.#listeners.tell(changed, listener => listener({ presence: merged, orphaned: false }))
  }

  get(userId: UserId): Presence | undefined {
    return this.#presences.get(userId)
  }

  onChange(listener: (change: PresenceChange) => void): Disposable {
    return this.#listeners.add(changed, listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
