import { describe, expect, it } from 'vitest'
import { leaveConversation, removeMember } from '../../src/services/commands/members.ts'
import { user } from '../backend.ts'
import { SocketServer } from './socket-server.ts'

describe('Subscribe', () => {
  it('is answered with the head, and live events follow in order', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice', { members: ['bob'] })
    const bob = await server.signedIn('bob')
    bob.send({ type: 'Subscribe', conversationId: room.id, id: 's1' })
    const head = room.lastSequence
    expect(await bob.next('Subscribed')).toEqual({
      type: 'Subscribed',
      id: 's1',
      conversationId: room.id,
      sequence: head,
    })
    expect(await bob.next('StreamPosition')).toMatchObject({ conversationId: room.id, sequence: head, live: true })
    const sent = await backend.send('alice', room, 'hello')
    const created = await bob.next('MessageCreated')
    expect(created).toMatchObject({ conversationId: room.id, sequence: head + 1, actorId: 'alice' })
    expect(created.message).toEqual({
      id: sent.id,
      sequence: head + 1,
      changedSequence: head + 1,
      authorId: 'alice',
      content: { kind: 'text', text: 'hello', format: 'PLAIN', mentionIds: [], mentionsEveryone: false },
      metadata: null,
      createdAt: new Date(backend.clock.now()).toISOString(),
      updatedAt: null,
      deletedAt: null,
      version: 1,
      replyToId: null,
      threadRootId: null,
      alsoInConversation: false,
      clientMessageId: null,
    })
  })

  it('replays the later events before it is live', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice')
    for (let count = 0; count < 150; count += 1) await backend.send('alice', room, `m${count}`)
    const alice = await server.signedIn('alice')
    alice.send({ type: 'Subscribe', conversationId: room.id, after: 0, epoch: backend.subscriptionService.epoch })
    const { sequence } = await alice.next('Subscribed')
    expect(sequence).toBe(room.lastSequence + 150)
    expect(await alice.sequences(sequence)).toEqual(Array.from({ length: sequence }, (_, index) => index + 1))
    expect(await alice.next('StreamPosition')).toMatchObject({ sequence, live: true, position: String(sequence) })
    await backend.send('alice', room, 'live')
    expect(await alice.sequences(1)).toEqual([sequence + 1])
  })

  it('a second one moves the cursor and is answered again', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice')
    for (let count = 0; count < 5; count += 1) await backend.send('alice', room, `m${count}`)
    const head = room.lastSequence + 5
    const alice = await server.signedIn('alice')
    alice.send({ type: 'Subscribe', conversationId: room.id })
    await alice.until('StreamPosition')
    alice.send({ type: 'Subscribe', conversationId: room.id, after: head - 2 })
    expect(await alice.next('Subscribed')).toMatchObject({ sequence: head })
    expect(await alice.sequences(2)).toEqual([head - 1, head])
    await backend.send('alice', room, 'live')
    expect(await alice.sequences(1)).toEqual([head + 1])
    expect(await server.metric('messenger_subscriptions{transport="websocket"}')).toBe(1)
  })

  it('a client that was cut reconnects with its last sequence and misses nothing', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice', { members: ['bob'] })
    const first = await server.signedIn('bob')
    first.send({ type: 'Subscribe', conversationId: room.id })
    await first.next('Subscribed')
    await backend.send('alice', room, 'one')
    const [last] = await first.sequences(1)
    first.cut()
    for (let count = 0; count < 20; count += 1) await backend.send('alice', room, `missed ${count}`)
    const second = await server.signedIn('bob')
    second.send({ type: 'Subscribe', conversationId: room.id, after: last, epoch: backend.subscriptionService.epoch })
    await second.next('Subscribed')
    const missed = Array.from({ length: 20 }, (_, index) => (last ?? 0) + index + 1)
    expect(await second.sequences(20)).toEqual(missed)
  })

  it('is refused with RESYNC ahead of the log and in another epoch', async () => {
    await using server = await SocketServer.start()
    const room = await server.backend.create('alice')
    const alice = await server.signedIn('alice')
    alice.send({ type: 'Subscribe', conversationId: room.id, after: room.lastSequence + 1, id: 'ahead' })
    expect(await alice.next('Error')).toMatchObject({ id: 'ahead', code: 'RESYNC' })
    alice.send({ type: 'Subscribe', conversationId: room.id, after: 0, epoch: 'another', id: 'epoch' })
    expect(await alice.next('Error')).toMatchObject({ id: 'epoch', code: 'RESYNC' })
  })

  it('answers the same for a foreign conversation, an unknown one and an id of another kind', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const foreign = await backend.create('alice')
    const message = await backend.send('alice', foreign, 'secret')
    const unknown = `conv_${'0'.repeat(26)}`
    const mallory = await server.signedIn('mallory')
    const answers = []
    for (const conversationId of [foreign.id, unknown, message.id, 'nonsense']) {
      mallory.send({ type: 'Subscribe', conversationId, after: 0 })
      answers.push(await mallory.next('Error'))
    }
    expect(answers[0]).toMatchObject({ code: 'NOT_FOUND', id: null, details: {} })
    for (const answer of answers) expect(answer).toEqual(answers[0])
    for (const messageId of [message.id, `msg_${'0'.repeat(26)}`, foreign.id]) {
      mallory.send({ type: 'SubscribeReactions', messageId })
      expect(await mallory.next('Error')).toMatchObject({ code: 'NOT_FOUND' })
    }
  })

  it('is refused with RATE_LIMITED beyond the most that a connection may have', async () => {
    await using server = await SocketServer.start({ maxSubscriptionsPerConnection: 2 })
    const { backend } = server
    const rooms = [await backend.create('alice'), await backend.create('alice')] as const
    const third = await backend.create('alice')
    const alice = await server.signedIn('alice')
    for (const { id } of rooms) {
      alice.send({ type: 'Subscribe', conversationId: id })
      await alice.until('StreamPosition')
    }
    alice.send({ type: 'Subscribe', conversationId: third.id, id: 'third' })
    expect(await alice.next('Error')).toMatchObject({ id: 'third', code: 'RATE_LIMITED' })
    alice.send({ type: 'SubscribeInbox' })
    expect(await alice.next('Error')).toMatchObject({ code: 'RATE_LIMITED' })
    alice.send({ type: 'Subscribe', conversationId: rooms[0].id })
    await alice.next('Subscribed')
    alice.send({ type: 'Unsubscribe', conversationId: rooms[0].id })
    await alice.until('Unsubscribed')
    alice.send({ type: 'Subscribe', conversationId: third.id })
    await alice.next('Subscribed')
  })
})

describe('Unsubscribe', () => {
  it('ends the events, at once after a Subscribe too', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice')
    const alice = await server.signedIn('alice')
    alice.send({ type: 'Subscribe', conversationId: room.id, id: 'in' })
    alice.send({ type: 'Unsubscribe', conversationId: room.id, id: 'out' })
    expect(await alice.next('Subscribed')).toMatchObject({ id: 'in' })
    const unsubscribed = { type: 'Unsubscribed', conversationId: room.id, reason: 'CLIENT' }
    expect(await alice.until('Unsubscribed')).toEqual({ ...unsubscribed, id: 'out' })
    await backend.send('alice', room, 'not delivered')
    expect(await alice.settled()).toEqual([])
    alice.send({ type: 'Unsubscribe', conversationId: room.id })
    expect(await alice.next('Unsubscribed')).toEqual(unsubscribed)
    expect(await server.metric('messenger_subscriptions{transport="websocket"}')).toBe(0)
  })

  it('leaves an inbox its conversation, and says Ok instead', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice')
    const alice = await server.signedIn('alice')
    alice.send({ type: 'SubscribeInbox' })
    await alice.until('StreamPosition')
    alice.send({ type: 'Subscribe', conversationId: room.id })
    await alice.until('StreamPosition')
    await backend.send('alice', room, 'once')
    expect(await alice.sequences(1)).toEqual([room.lastSequence + 1])
    expect(await alice.settled()).toEqual([])
    alice.send({ type: 'Unsubscribe', conversationId: room.id, id: 'out' })
    expect(await alice.next('Ok')).toEqual({ type: 'Ok', id: 'out' })
    await backend.send('alice', room, 'still')
    expect(await alice.sequences(1)).toEqual([room.lastSequence + 2])
  })
})

describe('a user who stops being a member', () => {
  it('gets their MemberLeft, Unsubscribed, and nothing after it', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    const [bob, carol] = [await server.signedIn('bob'), await server.signedIn('carol')]
    for (const client of [bob, carol]) {
      client.send({ type: 'Subscribe', conversationId: room.id })
      await client.until('StreamPosition')
    }
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    await backend.run(leaveConversation, 'carol', { conversationId: room.id })
    await backend.send('alice', room, 'among ourselves')
    const left = await bob.next('MemberLeft')
    expect(left).toMatchObject({ userId: 'bob', reason: 'REMOVED', actorId: 'alice', sequence: room.lastSequence + 1 })
    expect(left.membershipId).toMatch(/^mem_/)
    expect(await bob.next('Unsubscribed')).toEqual({ type: 'Unsubscribed', conversationId: room.id, reason: 'LEFT' })
    expect(await bob.settled()).toEqual([])
    expect(await carol.next('MemberLeft')).toMatchObject({ userId: 'bob' })
    expect(await carol.next('MemberLeft')).toMatchObject({ userId: 'carol', reason: 'LEFT' })
    expect(await carol.next('Unsubscribed')).toMatchObject({ reason: 'LEFT' })
    expect(await carol.settled()).toEqual([])
    expect(await server.metric('messenger_subscriptions{transport="websocket"}')).toBe(0)
  })
})
