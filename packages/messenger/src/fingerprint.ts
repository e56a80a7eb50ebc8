/**
 * 53 bits that differ, but for one chance in some thousand million million, where the texts differ. It tells an honest
 * repeat from a mistaken one; it is no defence against somebody who looks for a collision.
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

/** What is kept of a fingerprint when its text is erased: one of every 65,536 texts has the same. */
export const fingerprintRemainders = 65_536

/**
 * The little of a fingerprint that still tells a mistaken repeat from an honest one, and from which nobody can guess the
 * text: of all texts that one tries, one in 65,536 fits. The remainder of a remainder is itself.
 */
export const remainderOf = (fingerprint: number): number => fingerprint % fingerprintRemainders
