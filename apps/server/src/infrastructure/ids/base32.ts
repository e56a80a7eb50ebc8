const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** 16 bytes as 26 characters of Crockford's base32 in lower case, two zero bits before them, per the TypeID specification. */
export const encodeBase32 = (bytes: Uint8Array): string => {
  let text = ''
  let pending = 0
  let bits = 2
  for (const byte of bytes) {
    pending = (pending << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(pending >>> bits) & 31]
    }
    pending &= (1 << bits) - 1
  }
  return text
}
