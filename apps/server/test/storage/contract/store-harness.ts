import type { MessageStore } from '@cpc-messenger/messenger'

/** A store of its own for one test, empty at first. */
export interface StoreHarness extends AsyncDisposable {
  readonly store: MessageStore
  /** Ends the store and opens its data again, as a restart of the server does. */
  reopen(): Promise<MessageStore>
}

export type OpenHarness = () => Promise<StoreHarness>
