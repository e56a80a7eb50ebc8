import { describe, expect, it } from 'vitest'
import { SocketServer } from './socket-server.ts'

describe('the upgrade', () => {
  it('needs the subprotocol', async () => {
    await using server = await SocketServer.start()
    const refusal = /^400 .*messenger\.v1/
    await expect(server.connect({ protocols: [] })).rejects.toThrow(refusal)
    await expect(server.connect({ protocols: ['graphql-transport-ws'] })).rejects.toThrow(refusal)
    const client = await server.connect({ protocols: ['other', 'messenger.v1'] })
    expect(client.socket.protocol).toBe('messenger.v1')
    expect(client.socket.extensions).toBe('')
  })

  it('is asked for of a plain request', async () => {
    await using server = await SocketServer.start()
    const response = await fetch(`${server.url}/ws`)
    expect(response.status).toBe(426)
    expect(await response.text()).toContain('messenger.v1')
  })
})

describe('a token', () => {
  it('in the first frame connects', async () => {
    await using server = await SocketServer.start()
    const client = await server.connect()
    client.send({ type: 'Authenticate', token: await server.token('alice'), id: 'a' })
    const connected = await client.next('Connected')
    const now = server.backend.clock.now()
    expect(connected).toEqual({
      type: 'Connected',
      id: 'a',
      connectionId: connected.connectionId,
      userId: 'alice',
      epoch: server.backend.subscriptionService.epoch,
      serverTime: new Date(now).toISOString(),
      tokenExpiresAt: new Date(now + 3_600_000).toISOString(),
      heartbeatSeconds: 30,
    })
  })

  it('in the header connects, and frames sent meanwhile wait for it', async () => {
    await using server = await SocketServer.start()
    const room = await server.backend.create('alice')
    const client = await server.connect({ headers: { authorization: `Bearer ${await server.token('alice')}` } })
    client.send({ type: 'Subscribe', conversationId: room.id })
    expect(await client.next('Connected')).toMatchObject({ userId: 'alice' })
    await client.next('Subscribed')
  })

  it.each([
    ['that is none', async () => 'nonsense', 'UNAUTHENTICATED'],
    ['that has run out', (server: SocketServer) => server.token('alice', { seconds: -10 }), 'TOKEN_EXPIRED'],
  ])('%s is refused and closes with 4401, by frame and by header', async (_, make, code) => {
    await using server = await SocketServer.start()
    const token = await make(server)
    const byFrame = await server.connect()
    byFrame.send({ type: 'Authenticate', token, id: 'a' })
    expect(await byFrame.next('Error')).toMatchObject({ id: 'a', code })
    expect(await byFrame.closed).toMatchObject({ code: 4401 })
    const byHeader = await server.connect({ headers: { authorization: `Bearer ${token}` } })
    expect(await byHeader.next('Error')).toMatchObject({ id: null, code })
    expect(await byHeader.closed).toMatchObject({ code: 4401 })
  })

  it('that never comes closes with 4401', async () => {
    await using server = await SocketServer.start({ authenticateSeconds: 0.05 })
    const client = await server.connect()
    expect(await client.closed).toMatchObject({ code: 4401 })
  })

  it('of a service acts on behalf of a user, by frame and by header; another may not', async () => {
    await using server = await SocketServer.start()
    const token = await server.token('app', { scope: 'messenger:service' })
    const byFrame = await server.connect()
    byFrame.send({ type: 'Authenticate', token, onBehalfOf: 'alice' })
    expect(await byFrame.next('Connected')).toMatchObject({ userId: 'alice' })
    const headers = { authorization: `Bearer ${token}`, 'messenger-on-behalf-of': 'bob' }
    expect(await (await server.connect({ headers })).next('Connected')).toMatchObject({ userId: 'bob' })
    const mallory = await server.connect()
    mallory.send({ type: 'Authenticate', token: await server.token('mallory'), onBehalfOf: 'alice' })
    expect(await mallory.next('Error')).toMatchObject({ code: 'FORBIDDEN' })
    mallory.send({ type: 'Authenticate', token: await server.token('mallory') })
    expect(await mallory.next('Connected')).toMatchObject({ userId: 'mallory' })
  })
})

describe('a frame before Authenticate', () => {
  it.each([
    { type: 'UnsubscribeInbox', id: 'x' },
    { type: 'SetTyping', id: 'x' },
    { type: 'Subscribe', id: 'x' },
  ])('is refused and closes with 4401: $type', async frame => {
    await using server = await SocketServer.start()
    const client = await server.connect()
    client.socket.send(JSON.stringify(frame))
    expect(await client.next('Error')).toMatchObject({ id: 'x', code: 'UNAUTHENTICATED' })
    expect(await client.closed).toMatchObject({ code: 4401 })
  })
})

describe('a second Authenticate', () => {
  it('of the same user renews the token', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice')
    const client = await server.signedIn('alice', { seconds: 120 })
    client.send({ type: 'Subscribe', conversationId: room.id })
    await client.until('StreamPosition')
    backend.clock.advance(90)
    const { expiresAt } = await client.next('TokenExpiring')
    expect(Date.parse(expiresAt)).toBe(backend.clock.now() + 30_000)
    client.send({ type: 'Authenticate', token: await server.token('alice', { seconds: 600 }), id: 'again' })
    expect(await client.next('Ok')).toEqual({ type: 'Ok', id: 'again' })
    backend.clock.advance(60)
    await backend.send('alice', room, 'still here')
    await client.next('MessageCreated')
  })

  it('of another user is FORBIDDEN, of a bad token refused, and the session stays', async () => {
    await using server = await SocketServer.start()
    const room = await server.backend.create('alice')
    const client = await server.signedIn('alice')
    client.send({ type: 'Authenticate', token: await server.token('bob'), id: 'other' })
    expect(await client.next('Error')).toMatchObject({ id: 'other', code: 'FORBIDDEN' })
    client.send({ type: 'Authenticate', token: 'nonsense', id: 'bad' })
    expect(await client.next('Error')).toMatchObject({ id: 'bad', code: 'UNAUTHENTICATED' })
    client.send({ type: 'Authenticate', token: await server.token('alice', { seconds: -1 }), id: 'old' })
    expect(await client.next('Error')).toMatchObject({ id: 'old', code: 'TOKEN_EXPIRED' })
    client.send({ type: 'Subscribe', conversationId: room.id })
    await client.next('Subscribed')
  })
})

describe('a token that expires', () => {
  it('is announced once 60 s before, at once where less time remains, and closes with 4401', async () => {
    await using server = await SocketServer.start()
    const client = await server.signedIn('alice', { seconds: 45 })
    await client.next('TokenExpiring')
    server.backend.clock.advance(44)
    expect(await client.settled()).toEqual([])
    server.backend.clock.advance(1)
    expect(await client.closed).toMatchObject({ code: 4401 })
  })

  it('delivers nothing after it has expired, even before the next sweep', async () => {
    await using server = await SocketServer.start({ sweepMs: 60_000 })
    const { backend } = server
    const room = await backend.create('alice', { members: ['bob'] })
    const bob = await server.signedIn('bob', { seconds: 120 })
    bob.send({ type: 'Subscribe', conversationId: room.id })
    await bob.until('StreamPosition')
    backend.clock.advance(120)
    await backend.send('alice', room, 'too late')
    expect(await bob.closed).toMatchObject({ code: 4401 })
    expect(bob.waiting).toEqual([])
  })
})
