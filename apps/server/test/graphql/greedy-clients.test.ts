import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { UserConnections } from '../../src/infrastructure/sockets/user-connections.ts'
import { WholeServer } from '../hostile/clients/whole-server.ts'
import { GraphQLServer, userId } from './graphql-server.ts'

const connect = async (server: Pick<GraphQLServer, 'socketUrl'>): Promise<WebSocket> => {
  const ws = new WebSocket(server.socketUrl, 'graphql-transport-ws')
  await once(ws, 'open')
  return ws
}

/** Bytes that the client has sent and the server has not read, once that stays as it is. */
const unread = async (ws: WebSocket): Promise<number> => {
  for (let before = -1; before !== ws.bufferedAmount; ) {
    before = ws.bufferedAmount
    await new Promise(resolve => setTimeout(resolve, 300))
  }
  return ws.bufferedAmount
}

describe('a client that sends requests and does not read the answers', () => {
  it('is not read from, also before it is authenticated, and gets each answer once it reads', async () => {
    await using server = await GraphQLServer.open()
    const ws = await connect(server)
    let pongs = 0
    ws.on('message', () => (pongs += 1))
    ws.pause()
    const ping = JSON.stringify({ type: 'ping', payload: { padding: 'x'.repeat(60_000) } })
    for (let count = 0; count < 600; count += 1) ws.send(ping)
    expect(await unread(ws)).toBeGreaterThan(10_000_000)
    ws.resume()
    await expect.poll(() => pongs, { timeout: 15_000 }).toBe(600)
    ws.terminate()
  }, 40_000)

  it('that sends frames without end is closed with 1013 and a time to wait', async () => {
    await using server = await WholeServer.start()
    const ws = await connect({ socketUrl: `${server.url.replace('http', 'ws')}/graphql` })
    const closed = once(ws, 'close')
    for (let count = 0; count < 30_000; count += 1) ws.send('{"type":"ping"}')
    const [code, reason] = await closed
    expect(code).toBe(1013)
    expect(Number(String(reason))).toBeGreaterThan(0)
    expect(await server.metric('messenger_limit_refusals_total{limit="graphqlFrames"}')).toBe(1)
  }, 30_000)
})

describe("a user's connections", () => {
  it('are counted together over all transports', () => {
    const users = new UserConnections(2)
    const alice = userId('alice')
    expect([users.enter(alice), users.enter(alice), users.enter(alice)]).toEqual([true, true, false])
    users.leave(alice)
    expect(users.enter(alice)).toBe(true)
  })
})
