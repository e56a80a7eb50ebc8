import type { Scheme } from './trusted-proxies.ts'

const hostForm = /^[^\s/?#@\\]+$/
const originForm = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*\\]+$/i

const webProtocols: ReadonlySet<string> = new Set(['http:', 'https:'])

/** The normal form of an origin: lower case, without its scheme's default port. Undefined if the text is not an origin. */
export const originOf = (text: string): string | undefined => {
  if (!originForm.test(text)) return undefined
  const url = URL.parse(text)
  if (url === null) return undefined
  // URLs of other schemes, such as those of apps, have no `origin`.
  return webProtocols.has(url.protocol) ? url.origin : text.toLowerCase()
}

/** Whether an origin has this host, with or without the scheme's default port. The scheme defaults to the origin's own. */
export const isOriginOf = (origin: string, host: string, scheme: Scheme | undefined): boolean => {
  const own = origin.startsWith('https:') ? 'https' : 'http'
  return hostForm.test(host) && originOf(`${scheme ?? own}://${host}`) === origin
}
