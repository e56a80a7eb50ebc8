import { isIP } from 'node:net'
import { Client } from 'pg'

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

/**
 * The host that would be reached over a network without TLS; undefined where the connection is encrypted or stays on this
 * machine. The driver says so, which knows the URL's parameters and its own variables of the environment.
 */
export const hostInTheClear = (url: string): string | undefined => {
  const { host, ssl } = new Client({ connectionString: url })
  const isLocal = host === '' || host.startsWith('/') || isLoopback(host)
  return ssl || isLocal ? undefined : host
}
