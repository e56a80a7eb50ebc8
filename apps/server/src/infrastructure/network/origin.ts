import type { Scheme } from './trusted-proxies.ts'

const hostForm = /^[^\s/?#@\\]+$/
const originForm = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*\\]+$/i

const webProtocols: ReadonlySet<string> = new Set(['http:', 'https:'])

/** The one form of an origin: in small letters, and without the port that its scheme means. Undefined for what is none. */
export const originOf = (text: string): string | undefined => {
  if (!originForm.test(text)) return undefined
  const url = URL.parse(text)
  if (url === null) return undefined
  // Of other schemes, such as those of apps, a URL names no origin.
  return webProtocols.has(url.protocol) ? url.origin : text.toLowerCase()
}

/** Whether a host is that of an origin, with or without the port that the scheme means; without a scheme, under the origin's own. */
export const isOriginOf = (origin: string, host: string, scheme: Scheme | undefined): boolean => {
  const own = origin.startsWith('https:') ? 'https' : 'http'
  return hostForm.test(host) && originOf(`${scheme ?? own}://${host}`) === origin
}
