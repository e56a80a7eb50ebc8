import { type MessageStore, resync } from '@cpc-messenger/messenger'

/** Positions of another epoch are worth nothing. */
export const requireEpoch = (epoch: string | null | undefined, store: MessageStore): void => {
  if (epoch !== null && epoch !== undefined && epoch !== store.epoch)
    throw resync('The position is of another epoch: fetch the state afresh.')
}
