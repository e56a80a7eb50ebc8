/**
 * A 53-bit hash. It distinguishes a repeated command from a different one with the same key. It is not cryptographic: an
 * attacker can find collisions.
 */
export const fingerprint = (text: string): number => {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    high = Math.imul(high ^ unit, 2654435761)
    low = Math.imul(low ^ unit, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return 4294967296 * (2097151 & low) + (high >>> 0)
}

/** The number of values that a fingerprint is reduced to when its text is erased. */
export const fingerprintRemainders = 65_536

/**
 * Reduces a fingerprint so far that the text cannot be guessed from it (one in 65,536 texts matches), while a repeated command
 * can still be distinguished from a different one. Reducing it again changes nothing.
 */
export const remainderOf = (fingerprint: number): number => fingerprint % fingerprintRemainders
