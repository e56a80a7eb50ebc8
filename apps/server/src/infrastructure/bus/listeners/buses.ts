import type { EventBus, PresenceRegistry, SignalBus } from '@cpc-messenger/messenger'

/** What connects a node with the other nodes of its database. */
export interface Buses extends AsyncDisposable {
  readonly bus: EventBus
  readonly signalBus: SignalBus
  readonly presenceRegistry: PresenceRegistry
}
