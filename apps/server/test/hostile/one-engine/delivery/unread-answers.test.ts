import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { GraphQLServer } from '../../../graphql/graphql-server.ts'

const textLength = 8000
const bound = 128_000_000

/** Bytes that are held, and not what waits to be collected. */
const held = (): number => {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** The most that is held until nothing more is added. */
const settledGrowth = async (before: number): Promise<number> => {
  let last = 0
  let steady = 0
  let most = 0
  await expect
    .poll(
      () => {
        const now = held() - before
        steady = Math.abs(now - last) < 3_000_000 ? steady + 1 : 0
        last = now
        most = Math.max(most, now)
        return steady
      },
      { interval: 400, timeout: 15_000 },
    )
    .toBeGreaterThan(5)
  return most
}

let server: GraphQLServer
let query: string
beforeAll(async () => {
  server = await GraphQLServer.open({ limits: { textLength, stallSeconds: 60, maxSubscriptionsPerConnection: 100 } })
  const id = await server.create('alice')
  for (let sent = 0; sent < 100; sent += 50)
    await Promise.all(Array.from({ length: 50 }, () => server.send('alice', id, 'y'.repeat(textLength))))
  const texts = Array.from({ length: 8 }, (_, index) => `t${index}: text`).join(' ')
  query = `{ conversation(id: "${id}") { messages(last: 100) { edges { node { content { ... on TextContent { ${texts} } } } } } } }`
  return () => server[Symbol.asyncDispose]()
})

const sockets: { destroy?(): unknown; terminate?(): unknown }[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) (socket.terminate ?? socket.destroy)?.call(socket)
  // A user who is gone holds nothing.
  await expect.poll(async () => (await server.ask('alice', query)).errors, { timeout: 10_000 }).toBeUndefined()
})

const connectSocket = async (): Promise<WebSocket> => {
  const socket = new WebSocket(server.socketUrl, 'graphql-transport-ws')
  sockets.push(socket)
  await once(socket, 'open')
  const payload = { authorization: `Bearer ${await server.token('alice')}` }
  socket.send(JSON.stringify({ type: 'connection_init', payload }))
  await once(socket, 'message')
  return socket
}

const post = async (): Promise<Socket> => {
  const socket = connect(server.port, '127.0.0.1')
  sockets.push(socket)
  socket.pause().on('error', () => undefined)
  const body = JSON.stringify({ query })
  const head = [
    'POST /graphql HTTP/1.1',
    'host: localhost',
    `authorization: Bearer ${await server.token('alice')}`,
    'content-type: application/json',
    'connection: close',
    `content-length: ${body.length}`,
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  return socket
}

describe('the answers that one user does not read', () => {
  it('over many WebSockets take a bounded amount of memory, others are answered, and every query is answered later', async () => {
    const before = held()
    const open = await Promise.all(Array.from({ length: 10 }, connectSocket))
    const outcomes: string[] = []
    for (const socket of open) {
      socket.pause()
      socket.on('message', data => {
        const text = String(data)
        if (text.startsWith('{"type":"next"')) outcomes.push(text.includes('RATE_LIMITED') ? 'refused' : 'answered')
      })
      for (let index = 0; index < 30; index += 1)
        socket.send(JSON.stringify({ type: 'subscribe', id: `q${index}`, payload: { query } }))
    }
    // Unread, all of it were 1.9 GB.
    expect(await settledGrowth(before)).toBeLessThan(bound)
    expect((await server.ask('bob', '{ viewer { user { id } } }')).errors).toBeUndefined()
    for (const socket of open) socket.resume()
    await expect.poll(() => outcomes.length, { timeout: 40_000 }).toBe(300)
    // Those that waited for 10 seconds are refused.
    expect(outcomes.filter(outcome => outcome === 'answered').length).toBeGreaterThan(10)
  }, 90_000)

  it('over many HTTP requests take a bounded amount of memory, others are answered, and every request is answered later', async () => {
    const before = held()
    const open = await Promise.all(Array.from({ length: 80 }, post))
    // Unread, all of it were 512 MB.
    expect(await settledGrowth(before)).toBeLessThan(bound)
    expect((await server.ask('bob', '{ viewer { user { id } } }')).errors).toBeUndefined()
    const answered = await Promise.all(
      open.map(async socket => {
        let head = ''
        socket.on('data', data => {
          head ||= data.toString('latin1', 0, 20)
        })
        socket.resume()
        await once(socket, 'close')
        return head.startsWith('HTTP/1.1 200')
      }),
    )
    expect(answered.filter(Boolean).length).toBe(80)
  }, 90_000)
})
