import { connect } from 'node:net'
import { type ConversationId, type MessageId, parseConversationId } from '@cpc-messenger/messenger'
import { expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { deleteMessage, sendMessage } from '../../../../src/services/commands/messages.ts'
import type { Committer } from '../../../../src/services/commit/committer.ts'
import { actorOf } from '../../../../src/services/identity/actor.ts'
import { user } from '../../../backend.ts'
import { GraphQLServer } from '../../../graphql/graphql-server.ts'
import { eventStreamRequest } from '../../../graphql/transports/event-stream-request.ts'
import { SocketServer } from '../../../websocket/socket-server.ts'

/** More than kernels take for a socket that is not read. */
const messages = 2500
const text = 'SECRET'
const padding = 'x'.repeat(4000)
const alice = actorOf(user('alice'))

const inHundreds = async <Result>(count: number, run: (index: number) => Promise<Result>): Promise<Result[]> => {
  const results: Result[] = []
  for (let from = 0; from < count; from += 100)
    results.push(...(await Promise.all(Array.from({ length: 100 }, (_, index) => run(from + index)))))
  return results
}

const sendAll = async (committer: Committer, conversationId: ConversationId): Promise<readonly MessageId[]> => {
  const input = {
    conversationId,
    content: { text, format: 'PLAIN' },
    clientMessageId: null,
    replyToId: null,
    metadata: padding,
  } as const
  return (await inHundreds(messages, () => committer.run(sendMessage, input, alice))).map(({ id }) => id)
}

const deleteAll = (committer: Committer, ids: readonly MessageId[]) =>
  inHundreds(ids.length, index => committer.run(deleteMessage, { messageId: ids[index] as MessageId }, alice))

/** Waits until it has not changed for a while: the socket is full. */
const settled = async (read: () => number | Promise<number>): Promise<number> => {
  let before = -1
  await expect
    .poll(
      async () => {
        const now = await read()
        const same = now === before && now > 0
        before = now
        return same
      },
      { interval: 300, timeout: 15_000 },
    )
    .toBe(true)
  return before
}

const query = `subscription($id: ID!) { conversationEvents(conversationId: $id) { __typename
  ... on StreamPosition { live } ... on MessageCreated { message { id content { text } metadata } } } }`

interface PausedReader {
  resume(): void
  readonly received: string
  close(): void
}

const graphqlReaders = {
  'server-sent events': async (server: GraphQLServer, token: string, id: string): Promise<PausedReader> => {
    const socket = connect(server.port, '127.0.0.1')
    const body = JSON.stringify({ query, variables: { id } })
    let received = ''
    socket.on('data', data => {
      received += data.toString()
    })
    socket.write(eventStreamRequest(token, body))
    await expect.poll(() => received).toContain('"live":true')
    socket.pause()
    return {
      resume: () => socket.resume(),
      close: () => socket.destroy(),
      get received() {
        return received
      },
    }
  },
  'a GraphQL WebSocket': async (server: GraphQLServer, token: string, id: string): Promise<PausedReader> => {
    const ws = new WebSocket(server.socketUrl, 'graphql-transport-ws')
    let received = ''
    ws.on('message', data => {
      received += `${data}\n`
    })
    await new Promise(resolve => ws.once('open', resolve))
    ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
    await expect.poll(() => received).toContain('connection_ack')
    ws.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query, variables: { id } } }))
    await expect.poll(() => received).toContain('"live":true')
    ws.pause()
    return {
      resume: () => ws.resume(),
      close: () => ws.terminate(),
      get received() {
        return received
      },
    }
  },
}

const count = (received: string, part: string): number => received.split(part).length - 1

it.each(['server-sent events', 'a GraphQL WebSocket'] as const)(
  'what was not written to a full socket before a deletion was answered goes out without the text, over %s',
  async transport => {
    await using server = await GraphQLServer.open()
    const { committer, meter } = server.dependencies
    const id = parseConversationId(await server.create('alice'))
    if (id === undefined) throw new TypeError('a conversation without an id')
    const delivered = vi.spyOn(meter, 'delivered')
    const reader = await graphqlReaders[transport](server, await server.token('alice'), id)
    try {
      const ids = await sendAll(committer, id)
      const written = await settled(() => delivered.mock.calls.length)
      expect(written).toBeLessThan(messages)
      await deleteAll(committer, ids)
      reader.resume()
      await expect.poll(() => count(reader.received, 'MessageDeleted'), { timeout: 20_000 }).toBe(messages)
      expect(count(reader.received, 'MessageCreated')).toBe(messages)
      expect(count(reader.received, `"text":"${text}"`)).toBe(written)
    } finally {
      reader.close()
      delivered.mockRestore()
    }
  },
  60_000,
)

it('and over messenger.v1', async () => {
  await using server = await SocketServer.start()
  const room = await server.backend.create('alice')
  const client = await server.signedIn('alice')
  client.send({ type: 'Subscribe', conversationId: room.id })
  await client.until('StreamPosition')
  client.socket.pause()
  const ids = await sendAll(server.backend.committer, room.id)
  const written = await settled(() => server.metric('messenger_deliveries_total{transport="websocket"}'))
  expect(written).toBeLessThan(messages)
  await deleteAll(server.backend.committer, ids)
  client.socket.resume()
  const deletions = (): number => client.waiting.filter(({ type }) => type === 'MessageDeleted').length
  await expect.poll(deletions, { timeout: 20_000 }).toBe(messages)
  expect(client.waiting.filter(frame => JSON.stringify(frame).includes(text))).toHaveLength(written)
}, 60_000)
