import type { Conversation } from '@cpc-messenger/messenger'
import { expect, it, vi } from 'vitest'
import { sendMessage } from '../../src/services/commands/messages.ts'
import { SocketServer } from './socket-server.ts'

const bufferBytes = 256 * 1024
const padding = 'x'.repeat(1500)

const sendMany = async ({ backend }: SocketServer, room: Conversation, count: number): Promise<void> => {
  const send = () =>
    backend.run(sendMessage, 'alice', {
      conversationId: room.id,
      content: { text: 'one of many', format: 'PLAIN' },
      clientMessageId: null,
      replyToId: null,
      metadata: padding,
    })
  for (let sent = 0; sent < count; sent += 250) await Promise.all(Array.from({ length: 250 }, send))
}

const buffered = ({ sockets }: SocketServer): number =>
  Math.max(0, ...[...sockets].map(({ writableLength }) => writableLength))

it('a client that does not read costs a bounded amount of memory, and has every event once it reads', async () => {
  await using server = await SocketServer.start()
  const room = await server.backend.create('alice', { members: ['slow', 'quick'] })
  const [slow, quick] = [await server.signedIn('slow'), await server.signedIn('quick')]
  for (const client of [slow, quick]) {
    client.send({ type: 'Subscribe', conversationId: room.id })
    await client.until('StreamPosition')
  }
  slow.socket.pause()
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, buffered(server))
  }, 1)
  const count = 20_000
  const expected = Array.from({ length: count }, (_, index) => room.lastSequence + index + 1)
  const quickly = quick.sequences(count)
  await sendMany(server, room, count)
  expect(await quickly).toEqual(expected)
  most = Math.max(most, buffered(server))
  expect(buffered(server)).toBeGreaterThan(0)
  expect(await server.metric('messenger_cursors_behind')).toBe(1)
  clearInterval(watch)
  expect(most).toBeLessThan(2 * bufferBytes)
  slow.socket.resume()
  expect(await slow.sequences(count)).toEqual(expected)
}, 60_000)

it('a client that does not read for too long is closed with 4413, and resumes', async () => {
  await using server = await SocketServer.start({ stallSeconds: 0.3 })
  const room = await server.backend.create('alice')
  const client = await server.signedIn('alice')
  client.send({ type: 'Subscribe', conversationId: room.id })
  await client.until('StreamPosition')
  client.socket.pause()
  await sendMany(server, room, 10_000)
  await vi.waitFor(async () => expect(await server.metric('messenger_cursors_behind')).toBe(0))
  expect(await server.metric('messenger_subscriptions{transport="websocket"}')).toBe(0)
  client.socket.resume()
  expect(await client.closed).toMatchObject({ code: 4413 })
  const last = client.waiting.at(-1)
  const after = last !== undefined && 'sequence' in last ? last.sequence : 0
  const again = await server.signedIn('alice')
  again.send({ type: 'Subscribe', conversationId: room.id, after })
  const { sequence } = await again.next('Subscribed')
  const missed = await again.sequences(sequence - after)
  expect(missed[0]).toBe(after + 1)
  expect(missed.at(-1)).toBe(room.lastSequence + 10_000)
}, 60_000)

it('a client that neither reads nor closes is cut', async () => {
  await using server = await SocketServer.start({ stallSeconds: 0.1 })
  const room = await server.backend.create('alice')
  const client = await server.signedIn('alice')
  client.send({ type: 'Subscribe', conversationId: room.id })
  await client.until('StreamPosition')
  client.socket.pause()
  await sendMany(server, room, 10_000)
  await vi.waitFor(() => expect(server.sockets.size).toBe(0), { timeout: 15_000, interval: 100 })
}, 60_000)

it('answers to a client that does not read are bounded too', async () => {
  await using server = await SocketServer.start({ frames: { perSecond: 1e6, burst: 1e6 } })
  const room = await server.backend.create('alice')
  const client = await server.signedIn('alice')
  client.send({ type: 'Subscribe', conversationId: room.id })
  await client.until('StreamPosition')
  client.socket.pause()
  await sendMany(server, room, 10_000)
  await vi.waitFor(() => expect(buffered(server)).toBeGreaterThanOrEqual(bufferBytes))
  const before = buffered(server)
  for (let count = 0; count < 5000; count += 1)
    client.send({ type: 'UnsubscribeInbox', id: `${count}${'x'.repeat(50)}` })
  // The server does not read from a client that does not read.
  await vi.waitFor(() => expect([...server.sockets].some(socket => socket.isPaused())).toBe(true))
  expect(buffered(server)).toBeLessThan(before + 1024)
  client.socket.resume()
  const frames = await client.settled()
  expect(frames.filter(({ type }) => type === 'Ok')).toHaveLength(5000)
  const missing = 15_000 - frames.length
  expect(await client.sequences(missing)).toHaveLength(missing)
}, 60_000)
