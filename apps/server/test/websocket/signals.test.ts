import { describe, expect, it } from 'vitest'
import { removeMember } from '../../src/services/commands/members.ts'
import { registerUser } from '../../src/services/commands/users.ts'
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
    bob.send({ type: 'SubscribeSignals', id: 's', conversationId: room.id, kinds: ['TYPING'] })
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
      alice.send({ type: 'SubscribeSignals', id: 's', conversationId, kinds: [] })
      await alice.next('Ok')
    }
    alice.send({ type: 'Subscribe', conversationId: other })
    await alice.until('StreamPosition')
    alice.send({ type: 'SubscribeSignals', id: 's', conversationId: third, kinds: [] })
    expect(await alice.next('Error')).toMatchObject({ code: 'RATE_LIMITED' })
    alice.send({ type: 'UnsubscribeSignals', id: 'u', conversationId: one })
    await alice.next('Ok')
    alice.send({ type: 'SubscribeSignals', id: 's', conversationId: third, kinds: [] })
    await alice.next('Ok')
  })

  it('are dropped first for a client that does not read: it gets the latest of each', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const names = ['a', 'b', 'c']
    const { id: conversationId } = await backend.create('alice', { members: [...names, 'slow', 'quick'] })
    const [slow, quick] = [await server.signedIn('slow'), await server.signedIn('quick')]
    for (const client of [slow, quick]) {
      client.send({ type: 'SubscribeSignals', id: 's', conversationId, kinds: ['READ_MARKERS'] })
      await client.next('Ok')
      for (let member = 0; member < names.length + 3; member += 1) await client.next('ReadMarkerMoved')
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
    for (let round = 1; round <= rounds; round += 1) {
      const read = 100 + round
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
    expect(sent.map(({ readSequence }) => readSequence)).toEqual(names.map(() => 100 + rounds))
  }, 60_000)
})

describe('Signals of the viewer', () => {
  it('say what changed in private, and bring profiles of others', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice', { members: ['bob'] })
    const root = await backend.send('alice', room, 'a root')
    const [alice, bob] = [await server.signedIn('alice'), await server.signedIn('bob')]
    for (const client of [alice, bob]) {
      client.send({ type: 'SubscribeViewerSignals', id: 's' })
      await client.next('Ok')
    }
    const [userId, conversationId] = [user('alice'), room.id]
    const topic = { kind: 'private', userId } as const
    backend.signalBus.publish(topic, { key: { kind: 'viewerConversation', userId, conversationId }, markers: null })
    expect(await alice.next('ViewerConversationChanged')).toEqual({ type: 'ViewerConversationChanged', conversationId })
    backend.signalBus.publish(topic, { key: { kind: 'viewerThread', userId, conversationId, threadRootId: root.id } })
    expect(await alice.next('ViewerThreadChanged')).toEqual({
      type: 'ViewerThreadChanged',
      conversationId,
      rootMessageId: root.id,
    })
    await backend.run(registerUser, 'bob', {
      userId: user('bob'),
      displayName: 'Bob',
      avatarUrl: 'https://example.com/bob.png',
      profileAsOf: 1,
    })
    expect(await alice.next('UserChanged')).toEqual({
      type: 'UserChanged',
      userId: 'bob',
      displayName: 'Bob',
      avatarUrl: 'https://example.com/bob.png',
    })
    expect(await bob.next('ViewerChanged')).toEqual({
      type: 'ViewerChanged',
      presenceChoice: 'AUTOMATIC',
      statusText: null,
      statusExpiresAt: null,
    })
    alice.send({ type: 'UnsubscribeViewerSignals', id: 'u' })
    await alice.next('Ok')
    expect(backend.signalService.openViewers).toBe(1)
  })
})

describe('Presence of named users', () => {
  it('is OFFLINE for who is unknown or shares nothing, and a second subscription replaces the first', async () => {
    await using server = await SocketServer.start()
    const alice = await server.signedIn('alice')
    for (const userIds of [['bob', 'eve'], ['eve']]) {
      alice.send({ type: 'SubscribePresence', id: 's', userIds })
      await alice.next('Ok')
      for (const userId of userIds)
        expect(await alice.next('PresenceChanged')).toEqual({
          type: 'PresenceChanged',
          userId,
          status: 'OFFLINE',
          statusText: null,
          statusExpiresAt: null,
          lastSeenAt: null,
        })
    }
    expect(await server.metric('messenger_subscriptions{transport="websocket"}')).toBe(1)
    alice.send({ type: 'SubscribePresence', id: 'm', userIds: Array.from({ length: 201 }, (_, index) => `u${index}`) })
    expect(await alice.next('Error')).toMatchObject({ id: 'm', code: 'BAD_USER_INPUT', details: { field: 'userIds' } })
    alice.send({ type: 'UnsubscribePresence', id: 'u' })
    await alice.next('Ok')
    expect(await server.metric('messenger_subscriptions{transport="websocket"}')).toBe(0)
  })
})
