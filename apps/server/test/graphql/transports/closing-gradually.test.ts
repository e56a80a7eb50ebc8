import { setTimeout as after } from 'node:timers/promises'
import { expect, it } from 'vitest'
import WebSocket from 'ws'
import { closeGradually, planDrain } from '../../../src/infrastructure/http/drain-plan.ts'
import { GraphQLServer } from '../graphql-server.ts'

interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

const connected = async (server: GraphQLServer) => {
  const socket = new WebSocket(server.socketUrl, 'graphql-transport-ws', { headers: await server.headers('alice') })
  const messages: Message[] = []
  socket.on('message', data => messages.push(JSON.parse(String(data)) as Message))
  const closed = new Promise<{ code: number; reason: string; before: number }>(resolve =>
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason), before: messages.length })),
  )
  const send = (message: object) => socket.send(JSON.stringify(message))
  const until = (type: string, id?: string) =>
    expect.poll(() => messages.some(message => message.type === type && message.id === id), { interval: 5 }).toBe(true)
  await new Promise(resolve => socket.once('open', resolve))
  send({ type: 'connection_init' })
  await until('connection_ack')
  return { socket, messages, closed, send, until }
}

const sendMessage = `mutation ($id: ID!, $text: String!) {
  sendMessage(input: { conversationId: $id, content: { text: { text: $text } } }) { message { id } } }`

/** A connection on which a command was taken and cannot be answered yet. */
const waiting = async (server: GraphQLServer) => {
  const id = await server.create('alice')
  const head = await server.lastSequence('alice', id)
  const client = await connected(server)
  const held = await server.holdWriting()
  client.send({ type: 'subscribe', id: 'command', payload: { query: sendMessage, variables: { id, text: 'one' } } })
  client.send({ type: 'subscribe', id: 'query', payload: { query: '{ __typename }' } })
  await client.until('complete', 'query')
  return { client, held, id, head }
}

it('a command that was taken is answered before its connection is closed, and none is taken after it', async () => {
  await using server = await GraphQLServer.open()
  const { client, held, id, head } = await waiting(server)
  const drained = server.transport.drain(planDrain(1, 4000))
  client.send({ type: 'subscribe', id: 'late', payload: { query: sendMessage, variables: { id, text: 'late' } } })
  await after(300)
  expect(client.socket.readyState).toBe(WebSocket.OPEN)
  await held[Symbol.asyncDispose]()
  expect(await client.closed).toMatchObject({ code: 1001, reason: expect.stringMatching(/^\d+$/) })
  await drained
  expect(client.messages).toContainEqual(
    expect.objectContaining({ type: 'next', id: 'command', payload: { data: expect.anything() } }),
  )
  expect(client.messages.some(message => message.id === 'late')).toBe(false)
  expect(await server.lastSequence('alice', id)).toBe(head + 1)
})

it('a connection whose answer does not come is closed with 1001 all the same, within the time', async () => {
  await using server = await GraphQLServer.open()
  const { client, held } = await waiting(server)
  await using _held = held
  const began = performance.now()
  await server.transport.drain(planDrain(1, 1000))
  expect(performance.now() - began).toBeLessThan(1100)
  expect((await client.closed).code).toBe(1001)
  await held[Symbol.asyncDispose]()
})

it('few connections are closed at once, many gradually and with longer waits, never after the deadline', () => {
  expect(planDrain(3, 10_000)).toEqual({ overMs: 0, maxWaitMs: 5000, deadlineMs: 10_000 })
  expect(planDrain(2000, 10_000)).toEqual({ overMs: 2000, maxWaitMs: 5000, deadlineMs: 10_000 })
  expect(planDrain(10_000, 10_000)).toEqual({ overMs: 6000, maxWaitMs: 10_000, deadlineMs: 10_000 })
  expect(planDrain(1_000_000, 30_000)).toEqual({ overMs: 18_000, maxWaitMs: 60_000, deadlineMs: 30_000 })
})

it('each connection is closed once, and in order', async () => {
  const all = Array.from({ length: 500 }, (_, index) => index)
  const closed: number[] = []
  await closeGradually(all, { overMs: 150, maxWaitMs: 10, deadlineMs: 1000 }, (one, waitMs) => {
    expect(waitMs).toBeLessThan(10)
    closed.push(one)
  })
  expect(closed).toEqual(all)
})
