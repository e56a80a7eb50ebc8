import { describe, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { ask, request } from '../server/graphql-request.ts'
import { RunningServer, tokenFor } from '../server/running-server.ts'
import { type ClientProtocol, connectDrained, type DrainedClient, type ObservedClose } from './drained-client.ts'

/** `DRAIN=10000` for the full size. */
const connections = Number(process.env.DRAIN ?? 2000)
const shutdownSeconds = connections > 5000 ? 20 : 10
const atOnce = 50
const windowMs = 100
const protocols: readonly ClientProtocol[] = ['graphql-transport-ws', 'messenger.v1']

const connectAll = async (
  server: RunningServer,
  kinds: readonly ClientProtocol[],
): Promise<readonly DrainedClient[]> => {
  const token = await tokenFor('alice')
  const clients: DrainedClient[] = []
  for (let from = 0; from < kinds.length; from += atOnce)
    clients.push(
      ...(await Promise.all(kinds.slice(from, from + atOnce).map(kind => connectDrained(server, kind, token)))),
    )
  return clients
}

/** The greatest number of these times that lie within one window. */
const busiestWindow = (times: readonly number[]): number => {
  const sorted = times.toSorted((a, b) => a - b)
  let first = 0
  let most = 0
  for (const [index, time] of sorted.entries()) {
    while (time - (sorted[first] ?? time) > windowMs) first += 1
    most = Math.max(most, index - first + 1)
  }
  return most
}

const reasonNotReady = async (server: RunningServer): Promise<unknown> => {
  const answer = await fetch(`${server.url}/readyz`)
  return answer.ok ? undefined : ((await answer.json()) as { reason: unknown }).reason
}

describe('a server that shuts down', () => {
  it(`closes ${connections} connections gradually, with waits that spread their reconnects`, async () => {
    await using server = await RunningServer.start({
      environment: { MAX_CONNECTIONS_PER_USER: '100000', SHUTDOWN_SECONDS: String(shutdownSeconds) },
    })
    const kinds = Array.from({ length: connections }, (_, index) =>
      index % 50 === 0 ? 'server-sent events' : (protocols[index % 2] ?? 'messenger.v1'),
    )
    const clients = await connectAll(server, kinds)
    const began = performance.now()
    const stopped = server.stop()
    const closes: readonly ObservedClose[] = await Promise.all(clients.map(({ closed }) => closed))
    expect(await stopped).toBe(0)
    expect(performance.now() - began).toBeLessThan(shutdownSeconds * 1000)
    for (const { protocol, code, waitMs } of closes) {
      expect(code, protocol).toBe(protocol === 'server-sent events' ? undefined : 1001)
      expect(waitMs, protocol).toBeGreaterThanOrEqual(0)
    }
    const closings = busiestWindow(closes.map(({ at }) => at))
    const returns = busiestWindow(closes.map(({ at, waitMs }) => at + waitMs))
    const [first, last] = [Math.min(...closes.map(({ at }) => at)), Math.max(...closes.map(({ at }) => at))]
    console.log(
      `${connections} connections closed over ${((last - first) / 1000).toFixed(1)} s; at most ${closings} closings and ${returns} returns in ${windowMs} ms`,
    )
    // Evenly, 2,000 would be closed 100 in a window, over two seconds; a busy machine closes late what was due.
    expect(closings).toBeLessThan(connections * 0.4)
    // They reconnect over seven seconds.
    expect(returns).toBeLessThan(connections * 0.06)
  }, 180_000)

  it('says so at /readyz and serves on while it gives notice', async () => {
    await using server = await RunningServer.start({ environment: { DRAIN_NOTICE_SECONDS: '2' } })
    const token = await tokenFor('alice')
    const before = await connectDrained(server, 'messenger.v1', token)
    let closed = false
    void before.closed.then(() => (closed = true))
    const began = performance.now()
    const stopped = server.stop()
    await expect.poll(() => reasonNotReady(server), { timeout: 1500, interval: 20 }).toBe('draining')
    await ask(server.url, token, 'mutation { createConversation(input: { kind: GROUP, name: "late" }) { __typename } }')
    const late = await connectDrained(server, 'graphql-transport-ws', token)
    expect([closed, performance.now() - began < 1900]).toEqual([false, true])
    for (const { closed } of [before, late]) expect(await closed).toMatchObject({ code: 1001 })
    expect(performance.now() - began).toBeGreaterThan(1900)
    expect(await stopped).toBe(0)
  }, 90_000)

  it('answers every command that it took, and the others not at all', async () => {
    await using server = await RunningServer.start()
    const token = await tokenFor('alice')
    const { createConversation } = await ask<{
      createConversation: { conversation: { id: string; lastSequence: number } }
    }>(
      server.url,
      token,
      'mutation { createConversation(input: { kind: GROUP, name: "room" }) { conversation { id lastSequence } } }',
    )
    const { id, lastSequence } = createConversation.conversation
    const send = `mutation ($id: ID!, $text: String!) {
      sendMessage(input: { conversationId: $id, content: { text: { text: $text } } }) { message { sequence } } }`
    const codes = new Set<string>()
    let sent = 0
    const sender = async (name: number): Promise<number> => {
      for (let number = 0; ; number += 1) {
        try {
          const { errors } = await request(server.url, token, send, { id, text: `${name}.${number}` })
          sent += 1
          for (const { extensions } of errors) codes.add(extensions?.code ?? 'none')
        } catch (error) {
          // The connection was refused, or was idle when it was closed.
          if (error instanceof TypeError) return number
          throw error
        }
      }
    }
    const senders = Array.from({ length: 8 }, (_, index) => sender(index))
    await until(() => sent > 40, 'commands are answered')
    expect(await server.stop()).toBe(0)
    const answered = (await Promise.all(senders)).reduce((sum, count) => sum + count, 0)
    expect(answered).toBeGreaterThan(8)
    expect([...codes]).toEqual([])
    await server.start()
    const { conversation } = await ask<{ conversation: { lastSequence: number } }>(
      server.url,
      token,
      'query ($id: ID!) { conversation(id: $id) { lastSequence } }',
      { id },
    )
    expect(conversation.lastSequence - lastSequence).toBe(answered)
  }, 90_000)
})
