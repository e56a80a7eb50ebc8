import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Transport } from '../../src/infrastructure/http/transport.ts'
import {
  type HttpListener,
  type HttpListenerOptions,
  ListenError,
} from '../../src/infrastructure/listener/http-listener.ts'
import { type OperationsRoutesOptions, operationsRoutes } from '../../src/infrastructure/listener/operations-routes.ts'
import type { Logger } from '../../src/services/telemetry/logger.ts'
import { listenHere } from './here-listener.ts'

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const listeners: HttpListener[] = []
afterEach(async () => {
  await Promise.all(listeners.splice(0).map(listener => listener.drain(0)))
})

const transport = (parts: Partial<Transport> = {}): Transport => ({
  requests: new Map(),
  upgrades: new Map(),
  connections: 0,
  drain: () => Promise.resolve(),
  ...parts,
})

const listen = async (options: Partial<HttpListenerOptions> = {}): Promise<HttpListener> => {
  const listener = await listenHere({ log: silent, ...options })
  listeners.push(listener)
  return listener
}

/** What the server says to these bytes until it closes. */
const say = async (listener: HttpListener, bytes: string): Promise<string> => {
  const socket = connect(listener.port, '127.0.0.1')
  socket.write(bytes)
  let said = ''
  for await (const chunk of socket) said += String(chunk)
  return said
}

const upgrade = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: chat\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n${headers}\r\n`

const echo = (): Transport & { readonly sockets: WebSocketServer } => {
  const sockets = new WebSocketServer({ noServer: true })
  return {
    ...transport(),
    sockets,
    upgrades: new Map([
      [
        '/ws',
        (incoming, socket, head) =>
          sockets.handleUpgrade(incoming, socket, head, ws => ws.on('message', data => ws.send(data))),
      ],
    ]),
    drain: async () => {
      for (const ws of sockets.clients) ws.close(1001)
    },
  }
}

describe('routing', () => {
  it('is by the exact path, with any query', async () => {
    const { url } = await listen()
    expect(await (await fetch(`${url}/here?a=/b`)).text()).toBe('here')
    for (const path of ['/here/', '/Here', '/', '/constructor', '//here'])
      expect((await fetch(`${url}${path}`)).status).toBe(404)
  })

  it('answers 404 as JSON', async () => {
    const answer = await fetch(`${(await listen()).url}/nowhere`)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await answer.json()).toEqual({ error: { code: 'NOT_FOUND', message: 'There is nothing at this path.' } })
  })

  it('refuses two handlers for one path', async () => {
    const both = transport({ requests: new Map([['/here', () => {}]]) })
    await expect(listen({ transports: [both] })).rejects.toThrow('two handlers for /here')
  })

  it('answers a failure with an id that the log has too, and nothing more', async () => {
    const error = vi.fn()
    const fails = () => Promise.reject(new Error('the database password is hunter2'))
    const { url } = await listen({ routes: new Map([['/fails', fails]]), log: { ...silent, error } })
    const answer = await fetch(`${url}/fails`)
    const text = await answer.text()
    expect(answer.status).toBe(500)
    expect(text).not.toContain('hunter2')
    const [fields] = error.mock.lastCall ?? []
    expect(JSON.parse(text).error.errorId).toBe(fields.errorId)
  })

  it('sets security headers', async () => {
    const { headers } = await fetch(`${(await listen()).url}/here`)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
  })
})

describe('the port', () => {
  it('is named in a clear error where it is in use', async () => {
    const { port } = await listen()
    const second = listen({ port })
    await expect(second).rejects.toBeInstanceOf(ListenError)
    await expect(second).rejects.toThrow(/^Cannot listen on 127\.0\.0\.1:\d+: another process uses it already/)
  })

  it.each([
    ['no HTTP', 'garbage\r\n\r\n', '400'],
    ['headers that never end', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}`, '431'],
  ])('answers %s and closes', async (_what, bytes, status) => {
    const said = await say(await listen(), bytes)
    expect(said).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(said).toContain('"code":"BAD_USER_INPUT"')
  })

  it('does not mix an error into an answer that has begun', async () => {
    const routes = new Map([
      ['/stream', (_request: IncomingMessage, response: NodeJS.WritableStream) => void response.write('one')],
    ])
    const said = await say(await listen({ routes }), 'GET /stream HTTP/1.1\r\nHost: x\r\n\r\ngarbage\r\n\r\n')
    expect(said).not.toContain('400')
  })
})

describe('origins', () => {
  const cors = async (options: Partial<HttpListenerOptions>, origin: string | undefined, host = 'chat.example.com') => {
    const listener = await listen({ ...options, transports: [echo()] })
    const header = origin === undefined ? '' : `Origin: ${origin}\r\n`
    const plain = await say(listener, `GET /here HTTP/1.1\r\nHost: ${host}\r\n${header}Connection: close\r\n\r\n`)
    const socket = connect(listener.port, '127.0.0.1')
    socket.write(upgrade('/ws', header).replace('Host: chat', `Host: ${host}`))
    const [first] = await once(socket, 'data')
    socket.destroy()
    const status = String(first).slice(9, 12)
    return { header: /Access-Control-Allow-Origin: (.*)\r/.exec(plain)?.[1], status }
  }

  it("may be the server's own where none are named", async () => {
    const own = 'http://chat.example.com'
    expect(await cors({}, own)).toEqual({ header: own, status: '101' })
    expect(await cors({}, 'https://chat.example.com')).toMatchObject({ status: '101' })
    expect(await cors({}, 'http://localhost:4000', 'localhost:4000')).toMatchObject({ status: '101' })
  })

  it.each([
    'http://evil.example.com',
    'http://chat.example.com:8080',
    'http://chat.example.com.evil.com',
    'null',
    '//',
  ])('may not be %s', async origin => expect(await cors({}, origin)).toEqual({ header: undefined, status: '403' }))

  it('may be those that are named, and then not the own', async () => {
    const allowedOrigins = new Set(['https://app.example.com'])
    expect(await cors({ allowedOrigins }, 'https://app.example.com')).toMatchObject({ status: '101' })
    expect(await cors({ allowedOrigins }, 'http://chat.example.com')).toEqual({ header: undefined, status: '403' })
  })

  it('may be any, and none', async () => {
    expect(await cors({ allowedOrigins: 'any' }, 'https://app.example.com')).toEqual({ header: '*', status: '101' })
    expect(await cors({}, undefined)).toEqual({ header: undefined, status: '101' })
  })

  it('send a preflight and receive which headers they may send', async () => {
    const { url } = await listen({ allowedOrigins: new Set(['https://app.example.com']) })
    const preflight = (origin: string) =>
      fetch(`${url}/here`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
    const allowed = await preflight('https://app.example.com')
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example.com')
    expect(allowed.headers.get('vary')).toBe('Origin')
    expect(allowed.headers.get('access-control-allow-headers')).toBe(
      'authorization, content-type, last-event-id, messenger-on-behalf-of, traceparent, tracestate',
    )
    const foreign = await preflight('https://evil.example.com')
    expect([...foreign.headers.keys()].filter(name => name.startsWith('access-control'))).toEqual([])
  })
})

describe('an upgrade', () => {
  it('reaches the handler of its path', async () => {
    const listener = await listen({ transports: [echo()] })
    const socket = new WebSocket(`ws://127.0.0.1:${listener.port}/ws`)
    const received = Promise.withResolvers<string>()
    socket.on('open', () => socket.send('hello')).on('message', data => received.resolve(String(data)))
    expect(await received.promise).toBe('hello')
    socket.terminate()
  })

  it('is refused with 404 where nothing is, and with 400 where no WebSocket is', async () => {
    const listener = await listen({ transports: [echo()] })
    expect(await say(listener, upgrade('/nowhere'))).toMatch(/^HTTP\/1.1 404 .*"code":"NOT_FOUND"/s)
    expect(await say(listener, upgrade('/here'))).toMatch(/^HTTP\/1.1 400 .*does not serve WebSockets/s)
  })

  it('to anything but WebSocket is a plain request', async () => {
    const bytes = 'GET /here HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n'
    expect(await say(await listen(), bytes)).toMatch(/^HTTP\/1.1 200 /)
  })

  it('whose handler throws is closed', async () => {
    const throws = transport({
      upgrades: new Map([
        [
          '/ws',
          () => {
            throw new Error('broken')
          },
        ],
      ]),
    })
    expect(await say(await listen({ transports: [throws] }), upgrade('/ws'))).toBe('')
  })
})

describe('a drain', () => {
  const slow = (release: Promise<void>, arrived: () => void) =>
    new Map([
      [
        '/slow',
        async (_request: IncomingMessage, response: NodeJS.WritableStream) => {
          arrived()
          await release
          response.end('done')
        },
      ],
    ])

  it('completes running requests, closes idle connections and accepts no new ones', async () => {
    const release = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    const listener = await listen({ routes: slow(release.promise, arrived.resolve) })
    const answer = fetch(`${listener.url}/slow`)
    const idle = connect(listener.port, '127.0.0.1')
    idle.resume()
    const idleClosed = new Promise(resolve => idle.once('close', resolve))
    await Promise.all([once(idle, 'connect'), arrived.promise])
    const drained = listener.drain(5000)
    await idleClosed
    expect(listener.draining).toBe(true)
    await expect(fetch(`${listener.url}/slow`)).rejects.toThrow()
    release.resolve()
    expect(await (await answer).text()).toBe('done')
    await drained
  })

  it('drains all transports at once, and continues where one fails', async () => {
    const error = vi.fn()
    const both = Promise.withResolvers<void>()
    const drain = vi.fn(() => {
      if (drain.mock.calls.length === 2) both.resolve()
      return both.promise
    })
    const fails = transport({ drain: () => Promise.reject(new Error('broken')) })
    const transports = [transport({ drain }), fails, transport({ drain })]
    const listener = await listen({ transports, log: { ...silent, error } })
    const began = performance.now()
    await listener.drain(5000)
    // One after the other, the first would have to be cut off.
    expect(performance.now() - began).toBeLessThan(4000)
    expect(drain).toHaveBeenCalledTimes(2)
    expect(drain).toHaveBeenCalledWith({ overMs: 0, maxWaitMs: 5000, deadlineMs: 5000 })
    expect(error).toHaveBeenCalledOnce()
  })

  it('waits for WebSockets to close', async () => {
    const listener = await listen({ transports: [echo()] })
    const socket = new WebSocket(`ws://127.0.0.1:${listener.port}/ws`)
    await new Promise(resolve => socket.once('open', resolve))
    const closed = new Promise(resolve => socket.once('close', resolve))
    await listener.drain(5000)
    expect(await closed).toBe(1001)
  })

  it('cuts the remaining connections at the deadline', async () => {
    const never = new Promise<void>(() => {})
    const arrived = Promise.withResolvers<void>()
    const listener = await listen({
      routes: slow(never, arrived.resolve),
      transports: [{ ...echo(), drain: () => never }],
    })
    const socket = new WebSocket(`ws://127.0.0.1:${listener.port}/ws`)
    await new Promise(resolve => socket.once('open', resolve))
    const closed = new Promise(resolve => socket.once('close', resolve))
    const answer = fetch(`${listener.url}/slow`).catch(() => 'cut')
    await arrived.promise
    const began = performance.now()
    await Promise.all([listener.drain(200), listener.drain(200)])
    expect(performance.now() - began).toBeLessThan(5000)
    expect(await answer).toBe('cut')
    expect(await closed).toBe(1006)
  })
})

describe('the operations routes', () => {
  const operations = (parts: Partial<OperationsRoutesOptions> = {}) =>
    listen({
      routes: operationsRoutes({
        draining: () => false,
        ping: () => Promise.resolve(),
        bus: () => 'up',
        metrics: { contentType: 'text/plain; version=0.0.4', render: () => Promise.resolve('messenger_x 1\n') },
        graphiql: true,
        transports: new Set(['graphql']),
        log: silent,
        ...parts,
      }),
    })
  const ask = async (parts: Partial<OperationsRoutesOptions>, path = '/readyz') => {
    const answer = await fetch(`${(await operations(parts)).url}${path}`)
    return [answer.status, await answer.json()]
  }

  it('tell that the server is alive', async () => {
    expect(await ask({}, '/healthz')).toEqual([200, { status: 'ok' }])
  })

  it('tell whether it is ready', async () => {
    expect(await ask({})).toEqual([200, { status: 'ready', bus: 'up' }])
    expect(await ask({ bus: () => 'degraded' })).toEqual([200, { status: 'ready', bus: 'degraded' }])
    expect(await ask({ draining: () => true })).toEqual([503, { status: 'unready', reason: 'draining' }])
    const unready = [503, { status: 'unready', reason: 'storage does not answer' }]
    expect(await ask({ ping: () => Promise.reject(new Error('gone')) })).toEqual(unready)
    expect(await ask({ ping: () => new Promise(() => {}) })).toEqual(unready)
  })

  it('show the metrics', async () => {
    const answer = await fetch(`${(await operations()).url}/metrics`)
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4')
    expect(await answer.text()).toBe('messenger_x 1\n')
  })

  it('name the endpoints that are served on a page of their own', async () => {
    const answer = await fetch(`${(await operations()).url}/`)
    const html = await answer.text()
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(html).toContain('href="/graphql"')
    expect(html).not.toContain('href="/ws"')
    expect(html).not.toMatch(/src=|https?:/)
  })

  it('are only read', async () => {
    const { url } = await operations()
    const posted = await fetch(`${url}/healthz`, { method: 'POST' })
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect(await (await fetch(`${url}/healthz`, { method: 'HEAD' })).text()).toBe('')
  })
})
