import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { tokenFor } from '../../../e2e/server/running-server.ts'
import { GraphQLTransport, PlainTransport } from '../../clients/transports.ts'
import { WholeServer } from '../../clients/whole-server.ts'

const inboxAfter = 'subscription($after: [ConversationPosition!]) { inboxEvents(after: $after) { __typename } }'
const idOf = (index: number): string => `conv_${String(index).padStart(26, '0')}`
const positions = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ conversationId: idOf(index), sequence: index }))
const positionsById = (count: number) =>
  Object.fromEntries(positions(count).map(each => [each.conversationId, each.sequence]))

let server: WholeServer
beforeAll(async () => {
  server = await WholeServer.start({ RATE_LIMIT_LARGE_FRAMES: '2/3' })
})
afterAll(() => server[Symbol.asyncDispose]())

/** A socket of `graphql-transport-ws` that has sent nothing. */
const connect = async (): Promise<{ readonly socket: WebSocket; readonly closed: Promise<number> }> => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  socket.on('error', () => undefined)
  const closed = once(socket, 'close').then(([code]) => Number(code))
  await once(socket, 'open')
  return { socket, closed }
}

const open = async (name: string) => (await GraphQLTransport.open(server.url, await tokenFor(name))).transport

describe('the id of an operation', () => {
  it('has 128 characters at most, else the connection closes with 4400', async () => {
    const transport = await open('alice')
    expect((await transport.ask('{ server { version } }', {}, 'x'.repeat(128))).code).toBe('OK')
    expect((await transport.ask('{ server { version } }', {}, 'x'.repeat(129))).status).toBe(4400)
  })
})

describe('a frame of /graphql over 64 KiB', () => {
  it.each([
    ['a long document', { type: 'subscribe', id: '1', payload: { query: `{ __typename } # ${'x'.repeat(70_000)}` } }],
    [
      'a long text',
      { type: 'subscribe', id: '1', payload: { query: '{ __typename }', variables: { text: 'x'.repeat(70_000) } } },
    ],
    [
      'positions beside a long text',
      {
        type: 'subscribe',
        id: '1',
        payload: { query: inboxAfter, variables: { after: positions(3), text: 'x'.repeat(70_000) } },
      },
    ],
    ['a ping', { type: 'ping', payload: { text: 'x'.repeat(70_000) } }],
  ])('closes with 1009: %s', async (what, frame) => {
    const transport = await open(`user-${what.replaceAll(' ', '-')}`)
    transport.socket.send(JSON.stringify(frame))
    expect((await transport.closed).status).toBe(1009)
  })

  it('may be a subscribe whose positions make it so large', async () => {
    const transport = await open('bob')
    expect((await transport.ask(inboxAfter, { after: positions(12_000) })).code).toMatch(/^(OK|RESYNC)$/)
  })

  it('may be a connection_init with a valid token', async () => {
    const { socket } = await connect()
    const payload = { positions: positionsById(12_000), authorization: `Bearer ${await tokenFor('carol')}` }
    socket.send(JSON.stringify({ type: 'connection_init', payload }))
    const [answer] = await once(socket, 'message')
    expect(JSON.parse(String(answer)).type).toBe('connection_ack')
    socket.terminate()
  })

  it.each([
    ['no token', undefined],
    ['no valid token', 'Bearer none'],
  ])('is not parsed with %s: it closes with 4401, with any content', async (_what, authorization) => {
    const { socket, closed } = await connect()
    const { socket: other, closed: otherClosed } = await connect()
    const payload = { ...(authorization === undefined ? {} : { authorization }), positions: positionsById(12_000) }
    socket.send(JSON.stringify({ type: 'connection_init', payload }))
    other.send(`${'['.repeat(300_000)}${JSON.stringify(payload)}`)
    expect(await closed).toBe(4401)
    expect(await otherClosed).toBe(4401)
  })
})

describe('large frames of one user', () => {
  it('wait for each other instead of being refused, on both protocols', async () => {
    const begun = performance.now()
    const transport = await open('dave')
    for (let time = 0; time < 5; time += 1)
      expect((await transport.ask(inboxAfter, { after: positions(2000) })).code).toMatch(/^(OK|RESYNC)$/)
    // Three at once, and then two a second.
    expect(performance.now() - begun).toBeGreaterThan(900)
    const { transport: plain } = await PlainTransport.open(server.url, await tokenFor('erin'))
    const again = performance.now()
    for (let time = 0; time < 5; time += 1)
      expect((await plain.ask({ type: 'SubscribeInbox', after: positionsById(3000) })).code).toBe('OK')
    expect(performance.now() - again).toBeGreaterThan(900)
    expect(await server.metric('messenger_limit_refusals_total{limit="largeFrames"}')).toBeGreaterThan(1)
  })

  it('keep their order with the frames around them', async () => {
    const transport = await open('frank')
    const begin = (query: string, variables: object) =>
      transport.socket.send(JSON.stringify({ type: 'subscribe', id: 'one', payload: { query, variables } }))
    begin(inboxAfter, { after: positions(2000) })
    transport.socket.send(JSON.stringify({ type: 'complete', id: 'one' }))
    // Had it overtaken the large one, its id would be in use.
    begin(inboxAfter, { after: positions(1) })
    transport.socket.send(JSON.stringify({ type: 'complete', id: 'one' }))
    expect((await transport.ask('{ server { version } }')).code).toBe('OK')
  })
})

describe('what subscriptions keep', () => {
  it('is bounded for each user: different long documents are refused, the same one is not, and closing subscriptions releases memory', async () => {
    const transport = await open('mallory')
    const subscribe = (id: string, comment: string): void => {
      const query = `subscription { inboxEvents { __typename } } # ${comment}`
      transport.socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query } }))
    }
    const answered = new Map<string, string>()
    transport.socket.on('message', data => {
      const { type, id, payload } = JSON.parse(String(data))
      if (typeof id === 'string' && !answered.has(id))
        answered.set(id, type === 'error' ? payload[0].extensions.code : type)
    })
    const long = 'x'.repeat(60_000)
    for (let index = 0; index < 12; index += 1) subscribe(`same${index}`, long)
    await expect.poll(() => answered.size).toBe(12)
    expect(new Set(answered.values())).toEqual(new Set(['next']))
    for (let index = 0; index < 12; index += 1) subscribe(`other${index}`, `${long} ${index}`)
    await expect.poll(() => answered.size).toBe(24)
    expect([...answered.values()].filter(code => code === 'RATE_LIMITED').length).toBeGreaterThan(3)
    for (const id of answered.keys()) transport.socket.send(JSON.stringify({ type: 'complete', id }))
    subscribe('again', `${long} again`)
    await expect.poll(() => answered.get('again')).toBe('next')
  })
})
