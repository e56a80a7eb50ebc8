import { anyIdLength } from './limits.ts'
import { highestSequence } from './scalars.ts'

/**
 * As the schema of `SubscribeInbox` has `after`, in a small part of the time: it may hold tens of thousands. Undefined where
 * one of them is no position.
 */
export const readPositions = (entries: object): Map<string, number> | undefined => {
  const positions = new Map<string, number>()
  for (const [id, sequence] of Object.entries(entries)) {
    if (id === '' || id.length > anyIdLength) return undefined
    if (!Number.isInteger(sequence) || sequence < 0 || sequence > highestSequence) return undefined
    positions.set(id, sequence)
  }
  return positions
}
