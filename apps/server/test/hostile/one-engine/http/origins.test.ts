import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { askedForHeaders, exposedHeaders } from '../../../../src/infrastructure/http/request-headers.ts'
import type { HttpListener, HttpListenerOptions } from '../../../../src/infrastructure/listener/http-listener.ts'
import { originOf } from '../../../../src/infrastructure/network/origin.ts'
import { parseProxies, TrustedProxies } from '../../../../src/infrastructure/network/trusted-proxies.ts'
import { readSettings } from '../../../../src/settings.ts'
import { silentLog } from '../../../backend.ts'
import { listenHere } from '../../../http/here-listener.ts'
import { RawClient } from './raw-request.ts'

const client = new RawClient()
const listeners: HttpListener[] = []
afterAll(async () => {
  client[Symbol.dispose]()
  await Promise.all(listeners.map(listener => listener.drain(0)))
})

const listen = async (options: Partial<HttpListenerOptions>): Promise<HttpListener> => {
  const listener = await listenHere({ log: silentLog, ...options })
  listeners.push(listener)
  return listener
}

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'MDEyMzQ1Njc4OWFiY2RlZg==',
}

/** Whether a page may read an answer; a WebSocket at a path that has none is refused otherwise than one of a wrong origin. */
const isAllowed = async ({ url }: HttpListener, headers: Record<string, string>): Promise<boolean> => {
  const [plain, upgraded] = await Promise.all([
    client.send(`${url}/here`, { headers }),
    client.send(`${url}/here`, { headers: { ...headers, ...upgrade } }),
  ])
  const allowed = plain.headers['access-control-allow-origin'] !== undefined
  expect(upgraded.status).toBe(allowed ? 400 : 403)
  return allowed
}

const trusting = new TrustedProxies(parseProxies('127.0.0.1'))

describe("the server's own origin", () => {
  it.each([
    // [Origin, Host, allowed]
    ['http://chat.example.com', 'chat.example.com', true],
    ['http://chat.example.com', 'chat.example.com:80', true],
    ['http://chat.example.com:80', 'chat.example.com', true],
    ['https://chat.example.com', 'chat.example.com', true],
    ['https://chat.example.com', 'chat.example.com:443', true],
    ['https://chat.example.com:443', 'chat.example.com', true],
    ['https://chat.example.com', 'CHAT.example.com', true],
    ['http://127.0.0.1:4000', '127.0.0.1:4000', true],
    ['http://[::1]:4000', '[::1]:4000', true],
    ['http://chat.example.com', 'chat.example.com:443', false],
    ['https://chat.example.com', 'chat.example.com:80', false],
    ['http://chat.example.com:8080', 'chat.example.com', false],
    ['http://chat.example.com', 'chat.example.com:8080', false],
    ['http://example.com', 'chat.example.com', false],
    ['http://chat.example.com.evil.com', 'chat.example.com', false],
    ['http://chat.example.com@evil.com', 'evil.com', false],
    ['http://evil.com/chat.example.com', 'chat.example.com', false],
    ['http://chat.example.com', 'evil.com@chat.example.com', false],
    ['app://chat.example.com', 'chat.example.com', false],
    ['null', 'null', false],
  ])('takes %s for that of Host %s: %s', async (origin, host, allowed) => {
    expect(await isAllowed(await listen({}), { origin, host })).toBe(allowed)
  })

  it.each([
    // [Origin, Host, X-Forwarded-Proto, X-Forwarded-Host, allowed]
    ['https://chat.example.com', 'chat.example.com', 'https', undefined, true],
    ['https://chat.example.com', 'chat.example.com:443', 'https', undefined, true],
    ['https://chat.example.com', 'chat.example.com', 'wss', undefined, true],
    ['http://chat.example.com', 'chat.example.com', 'https', undefined, false],
    ['https://chat.example.com', 'chat.example.com', 'http', undefined, false],
    ['https://chat.example.com', 'inside:4000', 'https', 'chat.example.com', true],
    ['https://chat.example.com', 'inside:4000', 'https', 'chat.example.com:443', true],
    ['https://inside:4000', 'inside:4000', 'https', 'chat.example.com', false],
  ])(
    'is set by a trusted proxy: %s, asked of Host %s with %s and %s',
    async (origin, host, proto, forwarded, allowed) => {
      const given = {
        ...(proto === undefined ? {} : { 'x-forwarded-proto': proto }),
        ...(forwarded === undefined ? {} : { 'x-forwarded-host': forwarded }),
      }
      expect(await isAllowed(await listen({ proxies: trusting }), { origin, host, ...given })).toBe(allowed)
    },
  )

  it('is set by no other peer', async () => {
    const headers = { origin: 'https://evil.com', host: 'chat.example.com', 'x-forwarded-host': 'evil.com' }
    expect(await isAllowed(await listen({}), headers)).toBe(false)
    const own = { origin: 'https://chat.example.com', host: 'chat.example.com', 'x-forwarded-proto': 'http' }
    expect(await isAllowed(await listen({}), own)).toBe(true)
  })
})

describe('ALLOWED_ORIGINS', () => {
  const allowedOrigins = (text: string) =>
    readSettings({ env: { ALLOWED_ORIGINS: text }, envFile: '/nowhere/.env' }).allowedOrigins

  it.each([
    ['https://app.example.com:443', 'https://app.example.com', true],
    ['https://app.example.com', 'https://app.example.com:443', true],
    ['HTTP://App.Example.com:80', 'http://app.example.com', true],
    ['https://bücher.example', 'https://xn--bcher-kva.example', true],
    ['capacitor://localhost', 'capacitor://localhost', true],
    ['https://app.example.com:8443', 'https://app.example.com', false],
    ['https://app.example.com', 'http://app.example.com', false],
    ['https://app.example.com', 'null', false],
  ])('%s lets %s in: %s', async (named, origin, allowed) => {
    const listener = await listen({ allowedOrigins: allowedOrigins(named) })
    expect(await isAllowed(listener, { origin, host: 'chat.example.com' })).toBe(allowed)
  })

  it('has one form for each origin, which is that of browsers', () => {
    const schemes = fc.constantFrom('http', 'https')
    const hosts = fc.constantFrom('app.example.com', 'localhost', '127.0.0.1', '[::1]')
    fc.assert(
      fc.property(schemes, hosts, fc.integer({ min: 1, max: 65_535 }), (scheme, host, port) => {
        const text = `${scheme}://${host}:${port}`
        expect(originOf(text)).toBe(new URL(text).origin)
        expect(originOf(text.toUpperCase())).toBe(new URL(text).origin)
        expect(originOf(new URL(text).origin)).toBe(new URL(text).origin)
      }),
    )
    for (const text of [
      '',
      'null',
      '*',
      'https://',
      'https://a b',
      'https://a/',
      'https://a?',
      '//a',
      'https://a:99999',
    ])
      expect(originOf(text)).toBeUndefined()
  })
})

describe('a page of another origin', () => {
  const from = { origin: 'https://app.example.com' }

  it('may send every header that the server reads, and read those that the server sends', async () => {
    const { url } = await listen({ allowedOrigins: new Set(['https://app.example.com']) })
    const preflight = await client.send(`${url}/here`, {
      method: 'OPTIONS',
      headers: { ...from, 'access-control-request-method': 'POST', 'access-control-request-headers': 'traceparent' },
    })
    expect(preflight.headers['access-control-allow-headers']?.split(', ')).toEqual([
      'authorization',
      'content-type',
      'last-event-id',
      'messenger-on-behalf-of',
      'traceparent',
      'tracestate',
    ])
    const answer = await client.send(`${url}/here`, { headers: from })
    expect(answer.headers['access-control-expose-headers']).toContain('retry-after')
  })

  /** Set by browsers themselves, or by proxies; a page needs no permission for them. */
  const neverAsked = new Set([
    ...['accept', 'accept-encoding', 'access-control-request-method', 'connection', 'content-encoding'],
    ...['content-length', 'expect', 'host', 'if-none-match', 'origin', 'transfer-encoding', 'upgrade'],
    ...['sec-websocket-protocol', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'],
  ])
  const source = join(import.meta.dirname, '../../../../src/infrastructure')
  const text = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(join(source, file), 'utf8'))
    .join('\n')

  it('has every header that is read anywhere in the list of those that it may send', () => {
    const read = [
      ...text.matchAll(/(?<!-)\bheaders(?:\.|\[')([\w-]+)/g),
      ...text.matchAll(/\b(?:headerOf|#given)\(\w+, '([\w-]+)'\)/g),
    ].map(([, name = '']) => name)
    expect(read).toContain('last-event-id')
    expect(read).toContain('messenger-on-behalf-of')
    const known = new Set<string>([...askedForHeaders, ...neverAsked, 'get'])
    expect(read.filter(name => !known.has(name))).toEqual([])
  })

  it('may read every header that only some answers have', () => {
    const sent = ['allow', 'retry-after', 'www-authenticate'].filter(name =>
      new RegExp(`\\b${name}'?:|'${name}'`, 'i').test(text),
    )
    expect(sent.filter(name => !exposedHeaders.some(exposed => exposed === name))).toEqual([])
  })
})
