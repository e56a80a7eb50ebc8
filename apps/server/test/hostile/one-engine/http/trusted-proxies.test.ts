import { Socket } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressBlock, plainAddress } from '../../../../src/infrastructure/network/client-address.ts'
import { parseProxies, TrustedProxies } from '../../../../src/infrastructure/network/trusted-proxies.ts'
import type { Logger } from '../../../../src/services/telemetry/logger.ts'

const requestFrom = (remoteAddress: string, headers: Readonly<Record<string, string>> = {}) => {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress })
  return { socket, headers }
}

const proxies = (text: string, log?: Logger) => new TrustedProxies(parseProxies(text), log)

describe('the address of a client', () => {
  it.each([
    // [trusted, connected from, X-Forwarded-For, whose request it is]
    ['10.0.0.1', '203.0.113.9', undefined, '203.0.113.9'],
    ['10.0.0.1', '203.0.113.9', '198.51.100.7', '203.0.113.9'],
    ['10.0.0.1', '10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['10.0.0.1', '::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7'],
    ['10.0.0.0/8', '10.9.9.9', '198.51.100.7', '198.51.100.7'],
    ['10.0.0.0/8', '11.0.0.1', '198.51.100.7', '11.0.0.1'],
    // What a client writes itself is further to the left.
    ['10.0.0.0/8', '10.0.0.1', '1.1.1.1, 198.51.100.7', '198.51.100.7'],
    ['10.0.0.0/8', '10.0.0.1', '1.1.1.1, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['10.0.0.0/8', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['10.0.0.0/8', '10.0.0.1', 'nonsense', '10.0.0.1'],
    ['10.0.0.0/8', '10.0.0.1', '198.51.100.7, nonsense', '10.0.0.1'],
    ['10.0.0.0/8', '10.0.0.1', '198.51.100.7:4711', '198.51.100.7'],
    ['10.0.0.0/8', '10.0.0.1', '"[2001:db8::7]:4711"', '2001:db8::7'],
    ['10.0.0.0/8', '10.0.0.1', '', '10.0.0.1'],
    ['fd00::/8', 'fd00::1', '2001:db8::7', '2001:db8::7'],
    ['10.0.0.1, fd00::1', 'fd00::1', '2001:db8::7', '2001:db8::7'],
  ])('with %s trusted, from %s for %s, is %s', (trusted, peer, forwarded, expected) => {
    const request = requestFrom(peer, forwarded === undefined ? {} : { 'x-forwarded-for': forwarded })
    expect(proxies(trusted).addressOf(request)).toBe(expected)
  })

  it('cannot be chosen by a client behind a trusted proxy', () => {
    const trusting = proxies('10.0.0.0/8')
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), written => {
        const request = requestFrom('10.0.0.1', { 'x-forwarded-for': `${written}, 198.51.100.7` })
        expect(trusting.addressOf(request)).toBe('198.51.100.7')
      }),
    )
  })

  it('is asked of an untrusted X-Forwarded-For with one warning', () => {
    const warned: string[] = []
    const ignore = (): void => undefined
    const log: Logger = { debug: ignore, info: ignore, error: ignore, warn: (_fields, text) => void warned.push(text) }
    const trusting = proxies('10.0.0.1', log)
    trusting.addressOf(requestFrom('10.0.0.1', { 'x-forwarded-for': '198.51.100.7' }))
    expect(warned).toEqual([])
    for (let times = 0; times < 3; times += 1)
      trusting.addressOf(requestFrom('203.0.113.9', { 'x-forwarded-for': '198.51.100.7' }))
    expect(warned).toHaveLength(1)
    expect(warned[0]).toContain('TRUSTED_PROXIES')
  })
})

describe('the scheme of a request', () => {
  it.each([
    ['10.0.0.1', 'https', 'https'],
    ['10.0.0.1', 'HTTPS', 'https'],
    ['10.0.0.1', 'http', 'http'],
    ['10.0.0.1', 'http, https', 'https'],
    ['10.0.0.1', 'wss', 'https'],
    ['10.0.0.1', 'ws', 'http'],
    ['10.0.0.1', 'gopher', 'http'],
    ['10.0.0.1', undefined, 'http'],
    ['203.0.113.9', 'https', 'http'],
  ])('from %s with X-Forwarded-Proto: %s is %s', (peer, given, expected) => {
    const request = requestFrom(peer, given === undefined ? {} : { 'x-forwarded-proto': given })
    expect(proxies('10.0.0.1').schemeOf(request)).toBe(expected)
  })
})

describe('what one client can be identified by', () => {
  it.each([
    ['198.51.100.7', '198.51.100.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::7', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['2001:DB8:0001::', '2001:db8:1:0::/64'],
    ['1:2::198.51.100.7', '1:2:0:0::/64'],
    ['1:2:3:4:5:6:198.51.100.7', '1:2:3:4::/64'],
  ])('of %s is %s', (address, expected) => {
    expect(addressBlock(plainAddress(address) ?? '')).toBe(expected)
  })

  it('is the same for all addresses of one /64 network, and another one for those of another', () => {
    const group = fc.integer({ min: 0, max: 0xffff })
    const groups = fc.array(group, { minLength: 4, maxLength: 4 })
    const text = (all: readonly number[]): string => all.map(each => each.toString(16)).join(':')
    fc.assert(
      fc.property(groups, groups, groups, (network, one, other) => {
        const blockOf = (host: readonly number[]) =>
          addressBlock(new URL(`http://[${text([...network, ...host])}]`).hostname.slice(1, -1))
        expect(blockOf(one)).toBe(blockOf(other))
        expect(blockOf(one)).toBe(`${text(network)}::/64`)
      }),
    )
  })
})

it.each(['', 'proxy', '10.0.0.1/33', '10.0.0.1/', '10.0.0.1/8/8', '::1/129', '10.0.0.1,', '10.0.0.256'])(
  '"%s" is not a list of proxies',
  text => {
    expect(parseProxies(text)).toBeUndefined()
  },
)
