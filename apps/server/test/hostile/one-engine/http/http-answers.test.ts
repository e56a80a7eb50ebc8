import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxBodyBytes } from '../../../../src/infrastructure/graphql/http/request-body.ts'
import { HttpListener } from '../../../../src/infrastructure/listener/http-listener.ts'
import { silentLog } from '../../../backend.ts'
import { GraphQLServer } from '../../../graphql/graphql-server.ts'
import { RawClient } from './raw-request.ts'

const timeouts = { headers: 300, request: 600, keepAlive: 60_000, idle: 60_000, check: 50 }

let server: GraphQLServer
let listener: HttpListener
let url: string
let token: Record<string, string>
const client = new RawClient()
const open: Socket[] = []
beforeAll(async () => {
  server = await GraphQLServer.open()
  listener = await HttpListener.listen({
    host: '127.0.0.1',
    port: 0,
    timeouts,
    allowedOrigins: 'own',
    transports: [server.transport],
    routes: new Map(),
    log: silentLog,
  })
  url = `${listener.url}/graphql`
  token = await server.headers('alice')
})
afterAll(async () => {
  client[Symbol.dispose]()
  for (const socket of open) socket.destroy()
  await listener.drain(0)
  await server[Symbol.asyncDispose]()
})

const json = { 'content-type': 'application/json' }
const version = JSON.stringify({ query: '{ server { version } }' })

describe('an answer', () => {
  it.each([
    ['to a viewer', { headers: { ...json }, body: version }, 200],
    ['to a viewer who gets events', { headers: { ...json, accept: 'text/event-stream' }, body: version }, 200],
    [
      'to a viewer who has it as GraphQL',
      { headers: { ...json, accept: 'application/graphql-response+json' }, body: version },
      200,
    ],
    ['to what cannot be read', { headers: { ...json }, body: '{' }, 400],
    [
      'to a form',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'query={__typename}' },
      415,
    ],
    ['to a picture', { headers: { ...json, accept: 'image/png' }, body: version }, 406],
    ['to a token that is none', { headers: { ...json, authorization: 'Bearer x' }, body: version }, 401],
    ['to a method that is none of these', { method: 'PUT', headers: {}, body: version }, 405],
  ])('%s is stored nowhere and taken for nothing else', async (_what, request, status) => {
    const answer = await client.send(url, { method: 'POST', ...request, headers: { ...token, ...request.headers } })
    expect(answer.status).toBe(status)
    expect(answer.headers['cache-control']).toContain('no-store')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['referrer-policy']).toBe('no-referrer')
    expect(answer.headers['x-frame-options']).toBe('DENY')
  })

  it('to an upgrade that is refused is taken for nothing else either', async () => {
    const answer = await client.send(`${listener.url}/nowhere`, {
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    })
    expect([answer.status, answer.headers['x-content-type-options']]).toEqual([404, 'nosniff'])
  })
})

/** A connection that is written to by hand, and what came over it. */
const speak = async (): Promise<{ socket: Socket; received: () => string; closed: Promise<unknown> }> => {
  const socket = connect(listener.port, '127.0.0.1')
  open.push(socket)
  socket.on('error', () => undefined)
  let text = ''
  socket.on('data', chunk => {
    text += chunk
  })
  // However it ends: what is written to a connection that the server has cut resets it.
  const closed = new Promise(resolve => socket.once('close', resolve))
  await once(socket, 'connect')
  return { socket, received: () => text, closed }
}

const head = (headers: Record<string, string | number>): string =>
  [
    'POST /graphql HTTP/1.1',
    'Host: x',
    ...Object.entries({ ...json, ...headers }).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n')

const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${' '.repeat(bytes)}\r\n`

describe('a body', () => {
  it.each([
    ['is larger than those without a token are', maxBodyBytes.anonymous + 1, undefined, 413],
    ['comes with a token that is none', 10, 'Bearer x', 401],
    ['comes with a token that is none, however large', 100_000_000, 'Bearer x', 401],
    ['comes with a token of another form', 10, 'Basic x', 401],
  ])('that %s is refused before any of it came', async (_what, length, authorization, status) => {
    const { socket, received, closed } = await speak()
    socket.write(head({ 'content-length': length, ...(authorization === undefined ? {} : { authorization }) }))
    await expect.poll(received).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(received().toLowerCase()).toContain('connection: close')
    await closed
  })

  it.each([
    ['without a token', false, maxBodyBytes.anonymous],
    ['with a token', true, maxBodyBytes.authenticated],
  ])('%s that comes in pieces is read as far as it may go', async (_what, authenticated, most) => {
    const { socket, received, closed } = await speak()
    const headers = { 'transfer-encoding': 'chunked', ...(authenticated ? token : {}) }
    socket.write(`${head(headers)}${chunk(most)}`)
    socket.write(chunk(1))
    await closed
    expect(received()).toMatch(/^HTTP\/1.1 413 /)
  })

  it.each([
    ['without a token', false, maxBodyBytes.anonymous],
    ['with a token', true, maxBodyBytes.authenticated],
  ])('%s is taken up to its bound', async (_what, authenticated, most) => {
    const headers = { ...json, ...(authenticated ? token : {}) }
    const send = (bytes: number) => client.send(url, { method: 'POST', headers, body: version.padEnd(bytes) })
    expect((await send(most)).status).toBe(200)
    const { status, text } = await send(most + 1)
    expect([status, JSON.parse(text).errors[0].extensions.code]).toEqual([413, 'QUERY_TOO_COMPLEX'])
  })

  it('that is refused costs no client the answer, though it sends on', async () => {
    const headers = { ...json, authorization: 'Bearer x' }
    for (let times = 0; times < 5; times += 1)
      expect((await client.send(url, { method: 'POST', headers, body: ' '.repeat(3_000_000) })).status).toBe(401)
  })

  it('that no one reads is not waited for', async () => {
    const { socket, received, closed } = await speak()
    socket.write(head({ 'content-length': 1000 }).replace('/graphql', '/nowhere'))
    await closed
    expect(received()).toMatch(/^HTTP\/1.1 404 /)
  })

  it('whose sender asks first comes only where it is read', async () => {
    const refused = await speak()
    refused.socket.write(head({ expect: '100-continue', 'content-length': 10, authorization: 'Bearer x' }))
    await refused.closed
    expect(refused.received()).toMatch(/^HTTP\/1.1 401 /)
    const taken = await speak()
    taken.socket.write(head({ expect: '100-continue', 'content-length': version.length, ...token }))
    await expect.poll(taken.received).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    taken.socket.write(version)
    await expect.poll(taken.received).toContain('"version"')
    taken.socket.destroy()
  })
})

describe('a client that takes its time', () => {
  it.each([
    [
      'the headers are sent completely and',
      'A: b\r\n',
      /^HTTP\/1.1 408 /,
      () => 'POST /graphql HTTP/1.1\r\nHost: x\r\n',
    ],
    ['the body', ' ', /^$/, () => head({ ...token, 'content-length': 1000 })],
  ])('over %s is cut off, however it trickles', async (_what, drop, answer, begin) => {
    const { socket, received, closed } = await speak()
    socket.write(begin())
    const trickle = setInterval(() => socket.writable && socket.write(drop), 40)
    await closed
    clearInterval(trickle)
    expect(received()).toMatch(answer)
  })
})
