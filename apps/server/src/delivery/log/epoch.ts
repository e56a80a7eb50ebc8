import { resync } from '@cpc-messenger/messenger'

/** The message of RESYNC. */
export const invalidPosition = 'The position is ahead of the log or of another epoch. Load the current state again.'

/** Throws RESYNC for a position of another epoch. One without an epoch is taken to be of the current one. */
export const requireEpoch = (epoch: string | null | undefined, current: string): void => {
  if (epoch !== null && epoch !== undefined && epoch !== current) throw resync(invalidPosition)
}
