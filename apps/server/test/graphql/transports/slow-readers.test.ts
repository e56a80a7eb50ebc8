import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { GraphQLServer } from '../graphql-server.ts'
import { conversationEvents } from '../operations.ts'
import { eventStreamRequest } from './event-stream-request.ts'

const messages = 1500
const textLength = 9000
/** Connections are looked at once a second. */
const stalledAndSwept = 3000

const paused = {
  async events(server: GraphQLServer, token: string, body: string): Promise<Socket> {
    const socket = connect(server.port, '127.0.0.1')
    socket.pause()
    socket.write(eventStreamRequest(token, body))
    return socket
  },
  async webSocket(server: GraphQLServer, token: string, body: string): Promise<WebSocket> {
    const ws = new WebSocket(server.socketUrl, 'graphql-transport-ws')
    await new Promise(resolve => ws.once('open', resolve))
    ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
    await new Promise(resolve => ws.once('message', resolve))
    ws.send(JSON.stringify({ type: 'subscribe', id: '1', payload: JSON.parse(body) }))
    ws.pause()
    return ws
  },
}

/** Bytes that are held, and not what waits to be collected. */
const held = (): number => {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

it('Clients that do not read cost a bounded amount of memory, and miss nothing when they read again', async () => {
  await using server = await GraphQLServer.open({ limits: { textLength } })
  const id = await server.create('alice')
  const text = 'y'.repeat(textLength)
  for (let sent = 0; sent < messages; sent += 100)
    await Promise.all(Array.from({ length: 100 }, () => server.send('alice', id, text)))
  const token = await server.token('alice')
  const body = JSON.stringify({ query: conversationEvents, variables: { id, after: 0 } })
  const before = held()
  const streams = await Promise.all(Array.from({ length: 20 }, () => paused.events(server, token, body)))
  const sockets = await Promise.all(Array.from({ length: 8 }, () => paused.webSocket(server, token, body)))
  // Once the kernel holds all that it takes, the log is read no further; the heads are compared all the while.
  let reads = 0
  await expect
    .poll(
      () => {
        const { count } = server.reads
        const since = count - reads
        reads = count
        return since
      },
      { interval: 500, timeout: 20_000 },
    )
    .toBeLessThan(40)
  // Unread, all of it were more than 370 MB.
  await expect.poll(() => held() - before, { interval: 500, timeout: 10_000 }).toBeLessThan(40_000_000)
  const [first] = sockets
  let received = 0
  first?.on('message', () => {
    received += 1
  })
  first?.resume()
  await expect.poll(() => received, { timeout: 15_000 }).toBeGreaterThanOrEqual(messages + 3)
  for (const socket of sockets) socket.terminate()
  for (const stream of streams) stream.destroy()
}, 60_000)

describe('a client that does not read for too long', () => {
  const swamped = async (): Promise<{ server: GraphQLServer; token: string; id: string; body: string }> => {
    const server = await GraphQLServer.open({ limits: { textLength, stallSeconds: 0.5 } })
    const id = await server.create('alice')
    const token = await server.token('alice')
    return { server, token, id, body: JSON.stringify({ query: conversationEvents, variables: { id, after: 0 } }) }
  }

  const sendMuch = async (server: GraphQLServer, id: string): Promise<void> => {
    for (let sent = 0; sent < messages; sent += 100)
      await Promise.all(Array.from({ length: 100 }, () => server.send('alice', id, 'y'.repeat(textLength))))
  }

  it('over a WebSocket is closed with 4413, and receives that once it reads', async () => {
    const { server, token, id, body } = await swamped()
    await using _server = server
    const socket = await paused.webSocket(server, token, body)
    const closed = new Promise(resolve => socket.once('close', code => resolve(code)))
    await sendMuch(server, id)
    await delay(stalledAndSwept)
    socket.resume()
    expect(await closed).toBe(4413)
  }, 30_000)

  it('over server-sent events is cut', async () => {
    const { server, token, id, body } = await swamped()
    await using _server = server
    const stream = await paused.events(server, token, body)
    const closed = new Promise<void>(resolve => stream.once('close', () => resolve()))
    await sendMuch(server, id)
    await delay(stalledAndSwept)
    let received = 0
    stream.on('data', data => {
      received += data.length
    })
    stream.on('error', () => undefined).resume()
    await closed
    expect(received).toBeLessThan(messages * textLength)
  }, 30_000)
})
