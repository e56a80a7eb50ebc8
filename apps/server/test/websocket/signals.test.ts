import { describe, expect, it } from 'vitest'
import { removeMember } from '../../src/services/commands/members.ts'
import { user } from '../backend.ts'
import { until } from '../support/until.ts'
import { SocketServer } from './socket-server.ts'

describe('Signals of a conversation', () => {
  it('are sent to who subscribes, the present state first, and typing ends with the connection', async () => {
    await using server = await SocketServer.start()
    const { id: conversationId } = await server.backend.create('alice', { members: ['bob'] })
    const [alice, bob] = [await server.signedIn('alice'), await server.signedIn('bob')]
    const typing = { conversationId, threadRootId: null, userId: 'bob' }
    bob.send({ type: 'SetTyping', id: 't', conversationId, threadRootId: null, typing: true })
    expect(await bob.next('Ok')).toEqual({ type: 'Ok', id: 't' })
    alice.send({ type: 'SubscribeSignals', id: 's', conversationId, kinds: ['TYPING'] })
    expect(await alice.next('Ok')).toEqual({ type: 'Ok', id: 's' })
    expect(await alice.next('TypingStarted')).toEqual({ type: 'TypingStarted', ...typing })
    bob.cut()
    expect(await alice.next('TypingStopped')).toEqual({ type: 'TypingStopped', ...typing })
    alice.send({ type: 'UnsubscribeSignals', id: 'u', conversationId })
    expect(await alice.next('Ok')).toEqual({ type: 'Ok', id: 'u' })
    expect(server.backend.signalService.openChannels).toBe(0)
    expect(await server.metric('messenger_subscriptions{transport="websocket"}')).toBe(0)
  })

  it('end when the user is removed, which is said', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice', { members: ['bob'] })
    const [alice, bob] = [await server.signedIn('alice'), await server.signedIn('bob')]
    bob.send({ type: 'SubscribeSignals', id: 's', conversationId: room.id })
    await bob.next('Ok')
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    expect(await bob.next('Unsubscribed')).toEqual({
      type: 'Unsubscribed',
      conversationId: room.id,
      signals: true,
      reason: 'LEFT',
    })
    alice.send({ type: 'SetTyping', id: 't', conversationId: room.id, typing: true })
    await alice.next('Ok')
    expect(await bob.settled()).toEqual([])
    bob.send({ type: 'SetTyping', id: 't', conversationId: room.id, typing: true })
    expect(await bob.next('Error')).toMatchObject({ id: 't', code: 'NOT_FOUND' })
    bob.send({ type: 'SubscribeSignals', id: 's', conversationId: room.id })
    expect(await bob.next('Error')).toMatchObject({ id: 's', code: 'NOT_FOUND' })
  })

  it('count as subscriptions of the connection, and a second one replaces the first', async () => {
    await using server = await SocketServer.start({ maxSubscriptionsPerConnection: 2 })
    const rooms = await Promise.all([1, 2, 3].map(() => server.backend.create('alice')))
    const [one = '', other = '', third = ''] = rooms.map(({ id }) => id)
    const alice = await server.signedIn('alice')
    for (const conversationId of [one, one]) {
      alice.send({ type: 'SubscribeSignals', id: 's', conversationId })
      await alice.next('Ok')
    }
    alice.send({ type: 'Subscribe', conversationId: other })
    await alice.until('StreamPosition')
    alice.send({ type: 'SubscribeSignals', id: 's', conversationId: third })
    expect(await alice.next('Error')).toMatchObject({ code: 'RATE_LIMITED' })
    alice.send({ type: 'UnsubscribeSignals', id: 'u', conversationId: one })
    await alice.next('Ok')
    alice.send({ type: 'SubscribeSignals', id: 's', conversationId: third })
    await alice.next('Ok')
  })

  it('are dropped first for a client that does not read: it gets the latest of each', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const names = ['a', 'b', 'c']
    const { id: conversationId } = await backend.create('alice', { members: [...names, 'slow', 'quick'] })
    const [slow, quick] = [await server.signedIn('slow'), await server.signedIn('quick')]
    for (const client of [slow, quick]) {
      client.send({ type: 'SubscribeSignals', id: 's', conversationId })
      await client.next('Ok')
    }
    slow.socket.pause()
    // Fills the socket of the slow client, by events that only it subscribes to.
    const filler = await backend.create('slow')
    slow.send({ type: 'Subscribe', conversationId: filler.id })
    const metric = () => server.metric('messenger_subscriptions{transport="websocket"}')
    await until(async () => (await metric()) === 3, 'the subscription')
    for (let sent = 0; sent < 20_000; sent += 500)
      await Promise.all(Array.from({ length: 500 }, () => backend.send('slow', filler, 'x'.repeat(100))))
    await until(async () => (await server.metric('messenger_cursors_behind')) === 1, 'a full socket')
    const rounds = 6
    for (let read = 1; read <= rounds; read += 1) {
      for (const name of names)
        backend.signalBus.publish(
          { kind: 'conversation', conversationId },
          { key: { kind: 'markers', conversationId, userId: user(name) }, read, delivered: read },
        )
      await new Promise(resolve => setTimeout(resolve, 300))
    }
    for (let come = 0; come < rounds * names.length; come += 1) await quick.next('ReadMarkerMoved')
    slow.socket.resume()
    const sent = [await slow.until('ReadMarkerMoved')]
    while (sent.length < names.length) sent.push(await slow.until('ReadMarkerMoved'))
    expect(sent.map(({ userId }) => userId).toSorted()).toEqual(names)
    expect(sent.map(({ readSequence }) => readSequence)).toEqual(names.map(() => rounds))
  }, 60_000)
})
