import { describe, expect, it } from 'vitest'
import { addMembers, leaveConversation, removeMember } from '../../src/services/commands/members.ts'
import { user } from '../backend.ts'
import { SocketServer } from './socket-server.ts'

describe('SubscribeInbox', () => {
  it('brings all conversations, those joined later from the MemberJoined on', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice', { members: ['bob'] })
    const later = await backend.create('alice')
    const bob = await server.signedIn('bob')
    bob.send({ type: 'SubscribeInbox', id: 'inbox' })
    expect(await bob.next('InboxSubscribed')).toEqual({ type: 'InboxSubscribed', id: 'inbox', conversations: 1 })
    const position = await bob.next('StreamPosition')
    expect(position).toMatchObject({
      conversationId: null,
      sequence: 0,
      live: true,
      epoch: backend.subscriptionService.epoch,
    })
    await backend.send('alice', room, 'one')
    expect(await bob.next('MessageCreated')).toMatchObject({ conversationId: room.id })
    await backend.run(addMembers, 'alice', { conversationId: later.id, userIds: [user('bob')] })
    const joined = await bob.next('MemberJoined')
    expect(joined).toMatchObject({ conversationId: later.id, actorId: 'alice' })
    expect(joined.membership).toMatchObject({ userId: 'bob', role: 'MEMBER', silencedUntil: null })
    await backend.send('alice', later, 'two')
    expect(await bob.next('MessageCreated')).toMatchObject({ conversationId: later.id, sequence: joined.sequence + 1 })
  })

  it('resumes from its position, and misses nothing', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice', { members: ['bob'] })
    const first = await server.signedIn('bob')
    first.send({ type: 'SubscribeInbox' })
    const { position, epoch } = await first.until('StreamPosition')
    first.cut()
    await backend.send('alice', room, 'missed')
    const fresh = await backend.create('carol', { members: ['bob'] })
    const second = await server.signedIn('bob')
    second.send({ type: 'SubscribeInbox', from: position, epoch })
    expect(await second.next('InboxSubscribed')).toMatchObject({ conversations: 2 })
    const frames = await second.before('StreamPosition')
    const created = { type: 'MessageCreated', conversationId: room.id, sequence: room.lastSequence + 1 }
    const of = (id: string) => frames.filter(frame => 'occurredAt' in frame && frame.conversationId === id)
    expect(of(room.id)).toMatchObject([created])
    expect(of(fresh.id)[0]).toMatchObject({ type: 'MemberJoined' })
  })

  it('replays from each position, and refuses bad ones with RESYNC without ending the others', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const good = await backend.create('alice', { members: ['bob'] })
    const bad = await backend.create('alice', { members: ['bob'] })
    await backend.send('alice', good, 'after the position')
    const bob = await server.signedIn('bob')
    const after = { [good.id]: good.lastSequence, [bad.id]: bad.lastSequence + 1000, nonsense: 3 }
    bob.send({ type: 'SubscribeInbox', after, id: 'inbox' })
    expect(await bob.next('InboxSubscribed')).toMatchObject({ conversations: 2 })
    const refusals = [await bob.next('Error'), await bob.next('Error')]
    for (const refusal of refusals) expect(refusal).toMatchObject({ id: 'inbox', code: 'RESYNC' })
    expect(refusals.flatMap(({ details }) => details.conversationIds)).toEqual(['nonsense', bad.id])
    expect(await bob.next('MessageCreated')).toMatchObject({ conversationId: good.id })
    await backend.send('alice', good, 'live')
    expect(await bob.until('MessageCreated')).toMatchObject({ sequence: good.lastSequence + 2 })
  })

  it('ends a conversation that its user leaves, and continues it when they join again', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice', { members: ['bob'] })
    const bob = await server.signedIn('bob')
    bob.send({ type: 'SubscribeInbox' })
    await bob.until('StreamPosition')
    await backend.run(leaveConversation, 'bob', { conversationId: room.id })
    await backend.send('alice', room, 'not delivered')
    expect(await bob.next('MemberLeft')).toMatchObject({ userId: 'bob' })
    expect(await bob.next('Unsubscribed')).toMatchObject({ conversationId: room.id, reason: 'LEFT' })
    await backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('bob')] })
    expect(await bob.next('MemberJoined')).toMatchObject({ conversationId: room.id, membership: { userId: 'bob' } })
    await backend.send('alice', room, 'received')
    expect(await bob.next('MessageCreated')).toMatchObject({ conversationId: room.id })
  })

  it('continues where its user is removed and added again in one turn', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const room = await backend.create('alice', { members: ['bob'] })
    const bob = await server.signedIn('bob')
    bob.send({ type: 'SubscribeInbox' })
    await bob.until('StreamPosition')
    await Promise.all([
      backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') }),
      backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('bob')] }),
    ])
    expect(await bob.until('MemberJoined')).toMatchObject({ membership: { userId: 'bob' } })
    await backend.send('alice', room, 'received')
    expect(await bob.until('MessageCreated')).toMatchObject({ conversationId: room.id })
  })

  it('is ended by UnsubscribeInbox, but for what was asked for by itself', async () => {
    await using server = await SocketServer.start()
    const { backend } = server
    const [kept, dropped] = [await backend.create('alice'), await backend.create('alice')]
    const alice = await server.signedIn('alice')
    alice.send({ type: 'SubscribeInbox' })
    alice.send({ type: 'Subscribe', conversationId: kept.id })
    await alice.until('Subscribed')
    alice.send({ type: 'UnsubscribeInbox', id: 'out' })
    expect(await alice.until('Ok')).toEqual({ type: 'Ok', id: 'out' })
    await backend.send('alice', dropped, 'not delivered')
    await backend.send('alice', kept, 'received')
    expect(await alice.until('MessageCreated')).toMatchObject({ conversationId: kept.id })
    expect(await alice.settled()).toEqual([])
    expect(await server.metric('messenger_subscriptions{transport="websocket"}')).toBe(1)
  })

  it('may be up to 1 MiB', async () => {
    await using server = await SocketServer.start()
    await server.backend.create('alice')
    const alice = await server.signedIn('alice')
    const ids = Array.from({ length: 20_000 }, (_, index) => `conv_${String(index).padStart(26, '0')}`)
    alice.send({ type: 'SubscribeInbox', after: Object.fromEntries(ids.map(id => [id, 7])) })
    expect(await alice.next('InboxSubscribed')).toMatchObject({ conversations: 1 })
    const refusal = await alice.until('Error')
    expect(refusal.code).toBe('RESYNC')
    expect(refusal.details.conversationIds).toHaveLength(20_000)
  })
})
