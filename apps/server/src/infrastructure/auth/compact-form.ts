/** Strict base64url: no padding, no other alphabet, no bits beyond the last byte. */
const isStrictBase64Url = (text: string): boolean =>
  text !== '' && Buffer.from(text, 'base64url').toString('base64url') === text

/**
 * Whether a text has the compact form of a signed token: three parts in strict base64url. Decoders accept several texts for
 * the same bytes; here a token has exactly one form.
 */
export const hasCompactForm = (token: string): boolean => {
  const parts = token.split('.')
  return parts.length === 3 && parts.every(isStrictBase64Url)
}
