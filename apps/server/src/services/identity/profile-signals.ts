import type { Changes, ConversationUser, SignalBus, UserId } from '@cpc-messenger/messenger'
import type { CommitListener } from '../commit/committer.ts'

/** Publishes that a token has changed a user's name or picture: to those who see the user, and to the user's own devices. */
export class ProfileSignals implements CommitListener {
  readonly #bus: SignalBus

  constructor(bus: SignalBus) {
    this.#bus = bus
  }

  committed(_changes: Changes, _returned: readonly ConversationUser[], changedProfiles: ReadonlySet<UserId>): void {
    for (const userId of changedProfiles) {
      this.#bus.publish({ kind: 'profiles' }, { key: { kind: 'profile', userId } })
      this.#bus.publish({ kind: 'private', userId }, { key: { kind: 'viewer', userId } })
    }
  }
}
