import { closings } from '@cpc-messenger/protocol'
import { describe, expect, it, vi } from 'vitest'
import { planDrain } from '../../src/infrastructure/http/drain-plan.ts'
import { SocketServer } from './socket-server.ts'

const gauges = async (server: SocketServer) => ({
  connections: await server.metric('messenger_connections{transport="websocket"}'),
  subscriptions: await server.metric('messenger_subscriptions{transport="websocket"}'),
  behind: await server.metric('messenger_cursors_behind'),
})

describe('frames that are none', () => {
  it.each([
    '',
    'x',
    '{',
    'null',
    '7',
    '"Authenticate"',
    '[]',
    '{}',
    '{"type":7}',
    '{"type":"Shout"}',
    '{"type":"__proto__"}',
  ])('%j closes with 4400, before and after Authenticate', async text => {
    await using server = await SocketServer.start()
    for (const client of [await server.connect(), await server.signedIn('alice')]) {
      client.socket.send(text)
      expect(await client.closed).toMatchObject({ code: closings.malformed.messenger })
    }
  })

  it('are of a type that the close reason names, where it is a word', async () => {
    await using server = await SocketServer.start()
    for (const [text, reason] of [
      ['{"type":"Shout"}', 'Unknown frame type "Shout".'],
      [JSON.stringify({ type: 'x'.repeat(200) }), 'Unknown frame type.'],
      [JSON.stringify({ type: 'two words' }), 'Unknown frame type.'],
    ] as const) {
      const client = await server.connect()
      client.socket.send(text)
      expect(await client.closed).toEqual({ code: 4400, reason })
    }
  })

  it('are refused with the name of a missing field', async () => {
    await using server = await SocketServer.start()
    const client = await server.signedIn('alice')
    client.socket.send('{"type":"Subscribe"}')
    expect(await client.next('Error')).toMatchObject({ message: '`conversationId` is required.' })
  })

  it('are binary ones, too', async () => {
    await using server = await SocketServer.start()
    const client = await server.signedIn('alice')
    client.socket.send(Buffer.from('{"type":"UnsubscribeInbox"}'))
    expect(await client.closed).toMatchObject({ code: 4400 })
  })

  it.each([
    ['{"type":"Subscribe"}', 'conversationId'],
    ['{"type":"Subscribe","conversationId":7}', 'conversationId'],
    ['{"type":"Subscribe","conversationId":"c","after":-1}', 'after'],
    ['{"type":"Subscribe","conversationId":"c","after":1.5}', 'after'],
    ['{"type":"Subscribe","conversationId":"c","after":2147483648}', 'after'],
    ['{"type":"SubscribeInbox","after":{"c":"1"}}', 'after'],
    ['{"type":"SubscribeInbox","after":[]}', 'after'],
    ['{"type":"UnsubscribeInbox","id":7}', 'id'],
    [`{"type":"UnsubscribeInbox","id":"${'x'.repeat(65)}"}`, 'id'],
    ['{"type":"Authenticate","token":""}', 'token'],
    ['{"type":"SubscribePresence","userIds":"alice"}', 'userIds'],
    ['{"type":"SubscribePresence","userIds":["two words"]}', 'userIds'],
    ['{"type":"SetTyping","conversationId":"c","typing":"yes"}', 'typing'],
  ])('%s is refused with BAD_USER_INPUT, and the connection stays', async (text, field) => {
    await using server = await SocketServer.start()
    const client = await server.signedIn('alice')
    client.socket.send(text)
    expect(await client.next('Error')).toMatchObject({ id: null, code: 'BAD_USER_INPUT', details: { field } })
    expect(await client.settled()).toEqual([])
  })

  it('are not those with unknown fields', async () => {
    await using server = await SocketServer.start()
    const client = await server.signedIn('alice')
    client.socket.send('{"type":"UnsubscribeInbox","id":"i","__proto__":{"x":1},"colour":"blue"}')
    expect(await client.next('Ok')).toEqual({ type: 'Ok', id: 'i' })
  })
})

describe('a frame that is too large', () => {
  const padded = (type: string, bytes: number) => {
    const bare = JSON.stringify({ type, conversationId: 'c', pad: '' })
    return bare.replace('"pad":""', `"pad":"${'x'.repeat(bytes - bare.length)}"`)
  }

  it('closes with 1009 over 64 KiB, and not at 64 KiB', async () => {
    await using server = await SocketServer.start()
    const client = await server.signedIn('alice')
    client.socket.send(padded('Subscribe', 64 * 1024))
    expect(await client.next('Error')).toMatchObject({ code: 'NOT_FOUND' })
    client.socket.send(padded('Subscribe', 64 * 1024 + 1))
    expect(await client.closed).toMatchObject({ code: 1009 })
  })

  it.each([
    ['over 1 MiB', true, 1024 * 1024 + 1],
    ['over 64 KiB before Authenticate', false, 64 * 1024 + 1],
  ])('closes with 1009 where it is a SubscribeInbox %s', async (_, authenticated, bytes) => {
    await using server = await SocketServer.start()
    const client = authenticated ? await server.signedIn('alice') : await server.connect()
    client.socket.send(padded('SubscribeInbox', bytes))
    expect(await client.closed).toMatchObject({ code: 1009 })
    await vi.waitFor(async () => expect((await gauges(server)).connections).toBe(0))
  })
})

describe('too many', () => {
  it('connections of a user close with 4429 and the wait, and make room again when they go', async () => {
    await using server = await SocketServer.start({ maxConnectionsPerUser: 2 })
    const [first] = [await server.signedIn('alice'), await server.signedIn('alice'), await server.signedIn('bob')]
    const third = await server.connect()
    third.send({ type: 'Authenticate', token: await server.token('alice'), id: 'third' })
    const refusal = await third.next('Error')
    expect(refusal).toMatchObject({ id: 'third', code: 'RATE_LIMITED' })
    expect(await third.closed).toEqual({ code: 4429, reason: String(refusal.details.retryAfterMs) })
    first.cut()
    await vi.waitFor(async () => expect((await gauges(server)).connections).toBe(2))
    await server.signedIn('alice')
  })

  it('frames are refused with RATE_LIMITED, and close with 4429 where they go on', async () => {
    await using server = await SocketServer.start({ frames: { perSecond: 1, burst: 5 } })
    const client = await server.signedIn('alice')
    for (let count = 0; count < 30; count += 1) client.send({ type: 'UnsubscribeInbox', id: String(count) })
    const { code, reason } = await client.closed
    expect(code).toBe(4429)
    expect(Number(reason)).toBeGreaterThan(0)
    const answers = client.waiting.map(frame => frame.type)
    expect(answers.filter(type => type === 'Ok')).toHaveLength(4)
    expect(client.waiting.at(-1)).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterMs: Number(reason) } })
    expect(client.waiting.at(-1)).toMatchObject({
      message: `Too many frames on this connection. Retry in ${reason} ms.`,
    })
    const metric = 'messenger_limit_refusals_total{limit="messengerFrames"}'
    expect(await server.metric(metric)).toBe(answers.filter(type => type === 'Error').length)
  })
})

describe('the heartbeat', () => {
  it('keeps a client that answers', async () => {
    await using server = await SocketServer.start({ heartbeatSeconds: 0.05 })
    const client = await server.signedIn('alice')
    let pings = 0
    client.socket.on('ping', () => {
      pings += 1
    })
    await vi.waitFor(() => expect(pings).toBeGreaterThan(4))
    expect(await client.settled()).toEqual([])
  })

  it('closes with 4408 where no answer came', async () => {
    await using server = await SocketServer.start({ heartbeatSeconds: 0.1 })
    const client = await server.connect({ autoPong: false })
    client.send({ type: 'Authenticate', token: await server.token('alice') })
    expect(await client.closed).toMatchObject({ code: 4408 })
  })
})

describe('a server that shuts down', () => {
  it('closes with 1001 and a wait, and accepts no new connections', async () => {
    await using server = await SocketServer.start()
    const clients = [await server.signedIn('alice'), await server.signedIn('bob'), await server.connect()]
    await server.transport.drain(planDrain(3, 5000))
    for (const client of clients) {
      const { code, reason } = await client.closed
      expect(code).toBe(1001)
      expect(Number(reason)).toBeLessThanOrEqual(5000)
    }
    await expect(server.connect()).rejects.toThrow(/^503/)
    expect(await gauges(server)).toEqual({ connections: 0, subscriptions: 0, behind: 0 })
  })

  it('cuts clients that do not close', async () => {
    await using server = await SocketServer.start()
    const client = await server.signedIn('alice')
    client.socket.pause()
    await server.transport.drain(planDrain(1, 50))
    await vi.waitFor(() => expect(server.sockets.size).toBe(0))
    client.socket.resume()
    await client.closed
  })
})

it('a client that disconnects without closing leaves nothing behind', async () => {
  await using server = await SocketServer.start()
  const { backend } = server
  const room = await backend.create('alice')
  const { id: messageId } = await backend.send('alice', room, 'hello')
  const clients = [await server.signedIn('alice'), await server.signedIn('alice')]
  for (const client of clients) {
    client.send({ type: 'SubscribeInbox' })
    client.send({ type: 'Subscribe', conversationId: room.id, after: 0 })
    client.send({ type: 'SubscribeReactions', messageId, after: 0 })
  }
  await clients[0]?.until('Subscribed')
  for (const client of clients) client.cut()
  await vi.waitFor(async () => expect(await gauges(server)).toEqual({ connections: 0, subscriptions: 0, behind: 0 }))
  await backend.send('alice', room, 'no one listens')
  expect((await gauges(server)).behind).toBe(0)
})
