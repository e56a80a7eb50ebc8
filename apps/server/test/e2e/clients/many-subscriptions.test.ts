import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { closings } from '@cpc-messenger/protocol'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Team } from '../server/team.ts'

const asked = 20_000
/** As many as the protocol takes in a second, with room to spare. */
const atOnce = 400
const pauseMs = 100

const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

/** The most that a node grows by while `work` is done. */
const growthDuring = async (pid: number, work: () => Promise<unknown>): Promise<number> => {
  const before = residentBytes(pid)
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes(pid))
  }, 20)
  await work().finally(() => clearInterval(timer))
  return Math.max(most, residentBytes(pid)) - before
}

const opened = (url: string, protocol: string): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocol)
    socket.once('open', () => resolve(socket)).once('error', reject)
  })

// Of a busy machine the memory holds frames that were not read yet: it is measured again.
const measured = { timeout: 60_000, retry: 2 }

it('20,000 subscriptions on one GraphQL socket: 500 stay open, the rest are RATE_LIMITED', measured, async () => {
  await using team = await Team.start()
  const { server, tokens, room } = team
  const node = server.next()
  const socket = await opened(`${node.webSocketUrl}/graphql`, 'graphql-transport-ws')
  const active = new Set<string>()
  const refused: string[] = []
  socket.on('message', data => {
    const { type, id, payload } = JSON.parse(String(data))
    if (type === 'next') active.add(id)
    if (type === 'error') refused.push(payload[0].extensions.code)
  })
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${tokens.alice}` } }))
  await new Promise(resolve => socket.once('message', resolve))
  const query = 'subscription ($id: ID!) { conversationEvents(conversationId: $id) { __typename } }'
  const growth = await growthDuring(node.pid, async () => {
    for (let id = 0; id < asked; id += 1) {
      socket.send(JSON.stringify({ type: 'subscribe', id: String(id), payload: { query, variables: { id: room } } }))
      if (id % atOnce === 0) await delay(pauseMs)
    }
    await expect.poll(() => active.size + refused.length, { timeout: 20_000 }).toBe(asked)
  })
  expect(socket.readyState).toBe(WebSocket.OPEN)
  expect(active.size).toBe(500)
  expect(new Set(refused)).toEqual(new Set(['RATE_LIMITED']))
  expect(growth).toBeLessThan(50_000_000)
  socket.terminate()
})

it('20,000 subscriptions on one plain socket: it is asked to slow down, and then closed', async () => {
  await using team = await Team.start()
  const { server, tokens } = team
  const node = server.next()
  const socket = await opened(`${node.webSocketUrl}/ws`, 'messenger.v1')
  const closed = new Promise(resolve => socket.once('close', code => resolve(code)))
  socket.send(JSON.stringify({ type: 'Authenticate', token: tokens.alice }))
  const codes = new Set<string>()
  socket.on('message', data => {
    const frame = JSON.parse(String(data))
    if (frame.type === 'Error') codes.add(frame.code)
  })
  const growth = await growthDuring(node.pid, async () => {
    for (let id = 0; id < asked; id += 1)
      socket.send(JSON.stringify({ type: 'Subscribe', id: String(id), conversationId: `missing-${id}` }))
    expect(await closed).toBe(closings.tooManyRequests.messenger)
  })
  expect(codes).toEqual(new Set(['NOT_FOUND', 'RATE_LIMITED']))
  expect(growth).toBeLessThan(50_000_000)
  expect((await team.send('alice', 'still served')).sequence).toBeGreaterThan(0)
}, 60_000)
