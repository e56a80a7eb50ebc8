import { type MessageStore, resync } from '@cpc-messenger/messenger'

/** Positions of another epoch cannot be used. */
export const requireEpoch = (epoch: string | null | undefined, store: MessageStore): void => {
  if (epoch !== null && epoch !== undefined && epoch !== store.epoch)
    throw resync('The position is of another epoch: fetch the state again.')
}
