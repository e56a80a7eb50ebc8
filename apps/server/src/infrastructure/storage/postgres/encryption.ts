import { isIP } from 'node:net'
import { Client } from 'pg'

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

/**
 * The host to which the connection would go over a network without TLS; undefined if it is encrypted or stays on this machine.
 * Asks the driver, which knows the parameters of the URL and its own environment variables.
 */
export const hostInTheClear = (url: string): string | undefined => {
  const { host, ssl } = new Client({ connectionString: url })
  const isLocal = host === '' || host.startsWith('/') || isLoopback(host)
  return ssl || isLocal ? undefined : host
}
