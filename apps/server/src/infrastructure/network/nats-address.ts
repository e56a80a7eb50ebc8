/** The address of a NATS server, and the credentials for it. */
export interface NatsAddress {
  readonly host: string
  readonly port: number
  /** Whether TLS is required. */
  readonly tls: boolean
  readonly user?: string
  /** If absent, `user` is a token. */
  readonly password?: string
}

const defaultPort = 4222
const schemes = /^(nats|tls):\/\//

const parseOne = (text: string): NatsAddress | undefined => {
  // The hosts of other schemes than those of the web are not parsed.
  const url = URL.parse(text.replace(schemes, 'http://'))
  if (!schemes.test(text) || url === null || url.hostname === '') return undefined
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') return undefined
  const port = /:(\d+)\/?$/.exec(text.slice(text.lastIndexOf('@') + 1).replace(schemes, ''))?.[1]
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === undefined ? defaultPort : Number(port),
    tls: text.startsWith('tls:'),
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  }
}

/** `nats://host:port` or `tls://user:password@host:port`, or several, separated by commas. Undefined for any other form. */
export const parseNatsAddresses = (text: string): readonly NatsAddress[] | undefined => {
  try {
    const addresses = text.split(',').map(item => parseOne(item.trim()))
    return addresses.every(address => address !== undefined) ? addresses : undefined
  } catch (error) {
    // A percent sign that is not the start of an escape.
    if (error instanceof URIError) return undefined
    throw error
  }
}
