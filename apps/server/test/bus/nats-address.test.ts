import { describe, expect, it } from 'vitest'
import { parseNatsAddresses } from '../../src/infrastructure/network/nats-address.ts'

describe('the addresses of NATS servers', () => {
  it.each([
    ['nats://localhost', [{ host: 'localhost', port: 4222, tls: false }]],
    ['nats://127.0.0.1:4333/', [{ host: '127.0.0.1', port: 4333, tls: false }]],
    ['nats://[::1]:80', [{ host: '::1', port: 80, tls: false }]],
    ['tls://bus.example.com', [{ host: 'bus.example.com', port: 4222, tls: true }]],
    ['nats://a-token@bus:4222', [{ host: 'bus', port: 4222, tls: false, user: 'a-token' }]],
    [
      'nats://ann:p%40ss%3A1@a:1, tls://b:2',
      [
        { host: 'a', port: 1, tls: false, user: 'ann', password: 'p@ss:1' },
        { host: 'b', port: 2, tls: true },
      ],
    ],
  ])('%s', (text, addresses) => {
    expect(parseNatsAddresses(text)).toEqual(addresses)
  })

  it.each([
    '',
    'localhost:4222',
    'http://localhost',
    'nats://',
    'nats://a,',
    'nats://a:99999',
    'nats://a/path',
    'nats://a?tls',
    'nats://a%ff:b@c',
    'nats://a b',
    'redis://a',
  ])('not %j', text => {
    expect(parseNatsAddresses(text)).toBeUndefined()
  })
})
