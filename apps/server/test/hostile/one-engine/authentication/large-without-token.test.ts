import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { tokenFor } from '../../../e2e/server/running-server.ts'
import { GraphQLTransport, PlainTransport } from '../../clients/transports.ts'
import { WholeServer } from '../../clients/whole-server.ts'

let server: WholeServer
beforeAll(async () => {
  server = await WholeServer.start()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Sends most of a message of 1 MiB, which the server must hold until the rest comes. */
const openHalfSent = async (path: string, protocol: string): Promise<{ readonly socket: WebSocket; code?: number }> => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, protocol)
  const state: { readonly socket: WebSocket; code?: number } = { socket }
  socket
    .on('error', () => undefined)
    .on('close', code => {
      state.code = code
    })
  await once(socket, 'open')
  socket.send('x'.repeat(1_000_000), { fin: false })
  return state
}

describe.each([
  ['/graphql', 'graphql-transport-ws', 1013],
  ['/ws', 'messenger.v1', 4429],
])('sockets of %s without a token', (path, protocol, code) => {
  it('hold a bounded number of bytes: those that send more have to reconnect later, others are served', async () => {
    const states = await Promise.all(Array.from({ length: 20 }, () => openHalfSent(path, protocol)))
    await expect.poll(() => states.filter(state => state.code === code).length, { timeout: 9000 }).toBeGreaterThan(15)
    const token = await tokenFor('alice')
    const transport =
      path === '/ws' ? await PlainTransport.open(server.url, token) : await GraphQLTransport.open(server.url, token)
    expect(transport.outcome.code).toBe('OK')
    for (const { socket } of states) socket.terminate()
    transport.transport.cut()
  }, 20_000)

  it('give back what they held when they are gone', async () => {
    await expect
      .poll(
        async () => {
          const state = await openHalfSent(path, protocol)
          await delay(100)
          const { code: refused } = state
          state.socket.terminate()
          return refused
        },
        { timeout: 9000 },
      )
      .toBeUndefined()
  }, 20_000)
})
