import { anyIdLength } from './limits.ts'
import { highestSequence } from './scalars.ts'

/**
 * Parses `after` of `SubscribeInbox` as its schema does, but much faster: it may hold tens of thousands of positions.
 * Undefined if one of them is not a position.
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
