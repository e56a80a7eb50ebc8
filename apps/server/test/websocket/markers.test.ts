import { describe, expect, it } from 'vitest'
import { sendMessage } from '../../src/services/commands/messages.ts'
import { SocketServer } from './socket-server.ts'

describe('MarkRead and MarkDelivered', () => {
  it('move the markers of the user, and are answered only with an id', async () => {
    await using server = await SocketServer.start()
    const room = await server.backend.create('alice', { members: ['bob'] })
    const { sequence } = await server.backend.send('alice', room, 'one')
    const bob = await server.signedIn('bob')
    bob.send({ type: 'MarkDelivered', conversationId: room.id, sequence })
    bob.send({ type: 'MarkRead', id: 'r', conversationId: room.id, threadRootId: null, sequence })
    expect(await bob.next('Ok')).toEqual({ type: 'Ok', id: 'r' })
    const reading = server.backend.reading('bob')
    const conversation = await reading.requireConversation(room.id)
    expect(await reading.states.unread(conversation)).toMatchObject({ count: 0, after: sequence })
  })

  it('are refused beyond the newest event, and where the user is not a member', async () => {
    await using server = await SocketServer.start()
    const room = await server.backend.create('alice', { members: ['bob'] })
    const [bob, eve] = [await server.signedIn('bob'), await server.signedIn('eve')]
    for (const type of ['MarkRead', 'MarkDelivered'] as const) {
      bob.send({ type, id: 'far', conversationId: room.id, sequence: 1000 })
      expect(await bob.next('Error')).toMatchObject({ type: 'Error', id: 'far', code: 'BAD_USER_INPUT' })
      bob.send({ type, id: 'negative', conversationId: room.id, sequence: -1 })
      expect(await bob.next('Error')).toMatchObject({ type: 'Error', id: 'negative', code: 'BAD_USER_INPUT' })
      eve.send({ type, id: 'not here', conversationId: room.id, sequence: 1 })
      expect(await eve.next('Error')).toMatchObject({ type: 'Error', id: 'not here', code: 'NOT_FOUND' })
    }
  })

  it('of a thread move the marker of the thread', async () => {
    await using server = await SocketServer.start()
    const room = await server.backend.create('alice', { members: ['bob'] })
    const other = await server.backend.create('alice', { members: ['bob'] })
    const root = await server.backend.send('alice', room, 'one')
    const bob = await server.signedIn('bob')
    bob.send({ type: 'MarkRead', id: 'none', conversationId: room.id, threadRootId: root.id, sequence: 1 })
    expect(await bob.next('Error')).toMatchObject({ type: 'Error', id: 'none', code: 'BAD_USER_INPUT' })
    await server.backend.run(sendMessage, 'alice', {
      conversationId: room.id,
      content: { text: 'a reply', format: 'PLAIN' },
      clientMessageId: null,
      replyToId: null,
      metadata: null,
      threadRootId: root.id,
    })
    bob.send({ type: 'MarkRead', id: 'there', conversationId: room.id, threadRootId: root.id, sequence: 1 })
    expect(await bob.next('Ok')).toEqual({ type: 'Ok', id: 'there' })
    bob.send({ type: 'MarkRead', id: 'wrong', conversationId: other.id, threadRootId: root.id, sequence: 1 })
    expect(await bob.next('Error')).toMatchObject({ type: 'Error', id: 'wrong', code: 'NOT_FOUND' })
  })
})
