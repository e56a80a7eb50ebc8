import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { Logger } from '../../services/telemetry/logger.ts'
import { addressBlock, plainAddress } from './client-address.ts'

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

const prefixOf = (text: string | undefined, max: number): number | undefined =>
  text !== undefined && /^\d{1,3}$/.test(text) && Number(text) <= max ? Number(text) : undefined

/** Adds an address or a CIDR range; false if the text is neither. */
const addTo = (list: BlockList, text: string): boolean => {
  const [address = '', prefixText, ...rest] = text.split('/')
  if (isIP(address) === 0 || rest.length > 0) return false
  const family = familyOf(address)
  if (prefixText === undefined) {
    list.addAddress(address, family)
    return true
  }
  const prefix = prefixOf(prefixText, family === 'ipv6' ? 128 : 32)
  if (prefix === undefined) return false
  list.addSubnet(address, prefix, family)
  return true
}

/** The ranges of a comma list of addresses and CIDR ranges; undefined if one of them is neither. */
export const parseProxies = (text: string): BlockList | undefined => {
  const list = new BlockList()
  const items = text.split(',').map(item => item.trim())
  return items.every(item => addTo(list, item)) ? list : undefined
}

type Forwarded = Pick<IncomingMessage, 'headers' | 'socket'>

/** The values of a header, sent once or several times, as one list. */
const listOf = (header: string | readonly string[] | undefined): readonly string[] => {
  if (header === undefined) return []
  const text = typeof header === 'string' ? header : header.join(',')
  return text.split(',').map(item => item.trim())
}

export type Scheme = 'http' | 'https'

/** Some proxies send `ws` and `wss`. */
const schemes: ReadonlyMap<string, Scheme> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['ws', 'http'],
  ['wss', 'https'],
])

/**
 * Finds the client address, scheme and host of a request that came through proxies. `X-Forwarded-For`, `X-Forwarded-Proto`
 * and `X-Forwarded-Host` are used only if a trusted proxy sent them: any other client can forge them.
 */
export class TrustedProxies {
  readonly #trusted: BlockList
  readonly #log: Logger | undefined
  #warned = false

  constructor(trusted = new BlockList(), log?: Logger) {
    this.#trusted = trusted
    this.#log = log
  }

  /** The nearest address that is not a trusted proxy: entries further to the left may be forged. */
  addressOf({ headers, socket }: Forwarded): string {
    const peer = plainAddress(socket.remoteAddress ?? '') ?? ''
    const hops = listOf(headers['x-forwarded-for'])
    if (hops.length > 0 && !this.#trusts(peer)) this.#warn()
    let address = peer
    for (const hop of hops.toReversed()) {
      if (!this.#trusts(address)) break
      const next = plainAddress(hop)
      if (next === undefined) break
      address = next
    }
    return address
  }

  /** The address block under which failed sign-ins of this client are counted. */
  blockOf(request: Forwarded): string {
    return addressBlock(this.addressOf(request))
  }

  /** The scheme that the last proxy reports if it is trusted, otherwise that of the connection. */
  schemeOf(request: Forwarded): Scheme {
    const { socket } = request
    const own = 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http'
    return this.forwardedScheme(request) ?? own
  }

  /** The scheme that the last proxy reports; undefined if it is not trusted. */
  forwardedScheme(request: Forwarded): Scheme | undefined {
    return schemes.get(this.#trustedValue(request, 'x-forwarded-proto')?.toLowerCase() ?? '')
  }

  /** The `Host` that the last proxy reports; undefined if it is not trusted. */
  forwardedHost(request: Forwarded): string | undefined {
    return this.#trustedValue(request, 'x-forwarded-host')
  }

  /** The value from the last proxy, if it is trusted. */
  #trustedValue({ headers, socket }: Forwarded, name: string): string | undefined {
    const list = listOf(headers[name])
    if (list.length === 0 || !this.#trusts(plainAddress(socket.remoteAddress ?? '') ?? '')) return undefined
    return list.at(-1)
  }

  #trusts(address: string): boolean {
    return isIP(address) !== 0 && this.#trusted.check(address, familyOf(address))
  }

  #warn(): void {
    if (this.#warned) return
    this.#warned = true
    this.#log?.warn(
      {},
      'X-Forwarded-For came from an address that is not in TRUSTED_PROXIES and is ignored. Add your proxies to TRUSTED_PROXIES, else failed sign-ins of all their clients count against one address',
    )
  }
}
