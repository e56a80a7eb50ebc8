import { isIP } from 'node:net'

/** The address without port, brackets, quotes and zone; IPv4-mapped IPv6 as IPv4. Undefined if the text is not an address. */
export const plainAddress = (text: string): string | undefined => {
  const bare = text.replace(/^"(.*)"$/, '$1')
  const host = /^\[([^\]]*)\](?::\d+)?$/.exec(bare)?.[1] ?? /^([\d.]+):\d+$/.exec(bare)?.[1] ?? bare
  const address = host.replace(/%.*$/, '').toLowerCase()
  const mapped = /^::ffff:([\d.]+)$/.exec(address)?.[1]
  const plain = mapped !== undefined && isIP(mapped) === 4 ? mapped : address
  return isIP(plain) === 0 ? undefined : plain
}

const groupsOf = (text: string): readonly string[] => (text === '' ? [] : text.split(':'))

/** The first 64 bits of an IPv6 address. */
const networkOf = (address: string): string => {
  const [head = '', tail] = address.split('::')
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')]
  // An IPv4 address at the end takes the place of two groups.
  const width = before.length + after.length + (address.includes('.') ? 1 : 0)
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - width }, () => '0')
  const network = [...before, ...zeros, ...after].slice(0, 4)
  return `${network.map(group => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

/** Identifies one client: an IPv4 address, or the /64 network of an IPv6 address, in which a client can choose any address. */
export const addressBlock = (address: string): string => (isIP(address) === 6 ? networkOf(address) : address)
