import type { ConversationKind } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import {
  type CreateConversation,
  createConversation,
  deleteConversation,
  updateConversation,
} from '../../../src/services/commands/conversations.ts'
import {
  addMembers,
  joinConversation,
  leaveConversation,
  removeMember,
} from '../../../src/services/commands/members.ts'
import { addReaction, removeReaction } from '../../../src/services/commands/reactions.ts'
import { Backend, user } from '../../backend.ts'

const create = (kind: ConversationKind, more: Partial<CreateConversation> = {}): CreateConversation => ({
  kind,
  name: kind === 'DIRECT' ? null : 'a room',
  topic: null,
  memberIds: [],
  settings: {},
  idempotencyKey: null,
  key: null,
  metadata: null,
  ...more,
})

describe('createConversation', () => {
  it('tells in its log who is there and that it was made', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'bob', 'alice'] })
    expect(room).toMatchObject({ memberCount: 2, lastSequence: 3, name: 'a room' })
    const { events } = await backend.reading('bob').events(room.id, 0, 10)
    expect(events.map(event => event.type)).toEqual(['MemberJoined', 'MemberJoined', 'MessageCreated'])
    expect(await backend.reading('alice').viewerMembership(room.id)).toMatchObject({ role: 'OWNER' })
    expect(await backend.reading('bob').viewerMembership(room.id)).toMatchObject({ role: 'MEMBER' })
  })

  it('makes one DIRECT conversation of two users, however often either of them creates it', async () => {
    await using backend = await Backend.open()
    const made = await Promise.all([
      backend.create('alice', { kind: 'DIRECT', members: ['bob'] }),
      backend.create('bob', { kind: 'DIRECT', members: ['alice'] }),
      backend.create('alice', { kind: 'DIRECT', members: ['bob'] }),
    ])
    expect(new Set(made.map(room => room.id)).size).toBe(1)
  })

  it.each([
    ['a DIRECT one of one', create('DIRECT')],
    ['a DIRECT one of three', create('DIRECT', { memberIds: [user('bob'), user('carol')] })],
    ['a DIRECT one with a name', create('DIRECT', { memberIds: [user('bob')], name: 'us' })],
    ['a CHANNEL without a name', create('CHANNEL', { name: null })],
    ['an empty name', create('GROUP', { name: ' ' })],
    ['a long topic', create('GROUP', { topic: 'x'.repeat(1001) })],
    ['large metadata', create('GROUP', { metadata: 'x'.repeat(5000) })],
    ['a slow mode of no time', create('GROUP', { settings: { slowModeSeconds: 0 } })],
    ['101 members', create('GROUP', { memberIds: Array.from({ length: 101 }, (_, index) => user(`u${index}`)) })],
  ])('refuses %s', async (_, input) => {
    await using backend = await Backend.open()
    await expect(backend.run(createConversation, 'alice', input)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
    expect((await backend.reading('alice').conversations({}, { limit: 10 })).rows).toEqual([])
  })

  it('returns the first to a repeat under the same idempotency key of the same user', async () => {
    await using backend = await Backend.open()
    const input = create('GROUP', { idempotencyKey: 'k' })
    const [first, second] = await Promise.all([
      backend.run(createConversation, 'alice', input),
      backend.run(createConversation, 'alice', input),
    ])
    expect(second.id).toBe(first.id)
    expect((await backend.run(createConversation, 'bob', input)).id).not.toBe(first.id)
  })

  it('takes a key from a service only, and each but once', async () => {
    await using backend = await Backend.open()
    const input = create('GROUP', { key: 'order-17' })
    await expect(backend.run(createConversation, 'alice', input)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const service = { userId: user('shop'), service: true, administrator: false }
    await backend.committer.run(createConversation, input, service)
    await expect(backend.committer.run(createConversation, input, service)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await backend.reading('shop').conversationByKey('order-17')).toBeDefined()
    expect(await backend.reading('eve').conversationByKey('order-17')).toBeUndefined()
  })
})

describe('updateConversation', () => {
  it('changes what is given, clears what is null, and tells both the change and what it was', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const named = await backend.run(updateConversation, 'alice', {
      conversationId: room.id,
      name: 'new',
      topic: 'things',
    })
    expect(named).toMatchObject({ name: 'new', topic: 'things', lastSequence: 5 })
    const cleared = await backend.run(updateConversation, 'alice', { conversationId: room.id, topic: null })
    expect(cleared).toMatchObject({ name: 'new', topic: null })
    const again = await backend.run(updateConversation, 'alice', { conversationId: room.id, topic: null })
    expect(again.lastSequence).toBe(cleared.lastSequence)
  })

  it('is for the roles that may', async () => {
    await using backend = await Backend.open()
    const group = await backend.create('alice', { members: ['bob'] })
    const channel = await backend.create('alice', { kind: 'CHANNEL', members: ['bob'] })
    await backend.run(updateConversation, 'bob', { conversationId: group.id, name: 'by bob' })
    for (const change of [
      { conversationId: channel.id, name: 'by bob' },
      { conversationId: group.id, settings: { slowModeSeconds: 5 } },
    ])
      await expect(backend.run(updateConversation, 'bob', change)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(
      backend.run(updateConversation, 'alice', { conversationId: channel.id, name: null }),
    ).rejects.toMatchObject({ code: 'BAD_USER_INPUT' })
  })
})

describe('members', () => {
  it('come into a channel by themselves, into a group by a member', async () => {
    await using backend = await Backend.open()
    const channel = await backend.create('alice', { kind: 'CHANNEL' })
    const group = await backend.create('alice')
    await backend.run(joinConversation, 'bob', { conversationId: channel.id })
    expect((await backend.run(joinConversation, 'bob', { conversationId: channel.id })).joinedSequence).toBe(3)
    await expect(backend.run(joinConversation, 'bob', { conversationId: group.id })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await backend.run(addMembers, 'alice', { conversationId: group.id, userIds: [user('bob'), user('carol')] })
    await backend.run(addMembers, 'bob', { conversationId: group.id, userIds: [user('carol'), user('dave')] })
    expect(await backend.reading('alice').conversation(group.id)).toMatchObject({ memberCount: 4, lastSequence: 5 })
  })

  it('leave, and join again with the membership that they had', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const { membershipId } = await backend.run(leaveConversation, 'bob', { conversationId: room.id })
    expect(await backend.reading('bob').conversation(room.id)).toBeUndefined()
    const [back] = await backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('bob')] })
    expect(back).toMatchObject({ id: membershipId, joinedSequence: 5, leftSequence: null })
  })

  it('are removed by those above them', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    const remove = (who: string, whom: string) =>
      backend.run(removeMember, who, { conversationId: room.id, userId: user(whom) })
    await expect(remove('bob', 'carol')).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(remove('alice', 'eve')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await remove('alice', 'bob')
    await expect(remove('alice', 'bob')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('of a DIRECT conversation stay, and an owner with others hands over first', async () => {
    await using backend = await Backend.open()
    const direct = await backend.create('alice', { kind: 'DIRECT', members: ['bob'] })
    const group = await backend.create('alice', { members: ['bob'] })
    for (const room of [direct, group])
      await expect(backend.run(leaveConversation, 'alice', { conversationId: room.id })).rejects.toMatchObject({
        code: 'FORBIDDEN',
      })
    await expect(
      backend.run(addMembers, 'alice', { conversationId: direct.id, userIds: [user('carol')] }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})

describe('deleteConversation', () => {
  it('leaves nothing visible to any user, and no row in the store', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const message = await backend.send('alice', room, 'secret')
    await backend.run(addReaction, 'alice', { messageId: message.id, emoji: '👍' })
    await expect(backend.run(deleteConversation, 'bob', { conversationId: room.id })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
    await backend.run(deleteConversation, 'alice', { conversationId: room.id })
    for (const name of ['alice', 'bob']) {
      expect(await backend.reading(name).conversation(room.id)).toBeUndefined()
      expect(await backend.reading(name).message(message.id)).toBeUndefined()
    }
    await expect(backend.send('alice', room, 'more')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    while ((await backend.store.purge(2)) > 0);
    expect(await backend.store.latest.messages.byIds([message.id])).toEqual([])
  })
})

describe('reactions', () => {
  it('exist once for each message, user and emoji, and are removed once', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'hello')
    const input = { messageId: message.id, emoji: '👍' }
    const [first, second] = await Promise.all([
      backend.run(addReaction, 'alice', input),
      backend.run(addReaction, 'alice', input),
    ])
    expect(second.reaction).toEqual(first.reaction)
    expect(first.reaction.sequence).toBe(4)
    expect(await backend.reading('alice').reactions(message)).toMatchObject([{ emoji: '👍', count: 1 }])
    expect(await backend.run(removeReaction, 'alice', input)).toMatchObject({ removed: true })
    expect(await backend.run(removeReaction, 'alice', input)).toMatchObject({ removed: false })
    expect(await backend.reading('alice').conversation(room.id)).toMatchObject({ lastSequence: 5 })
  })

  it('added, removed and added again within one batch are stored as they were at its end', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'hello')
    const input = { messageId: message.id, emoji: '👍' }
    await Promise.all([
      backend.run(addReaction, 'alice', input),
      backend.run(removeReaction, 'alice', input),
      backend.run(addReaction, 'alice', input),
    ])
    expect((await backend.reading('alice').reactors(message.id, undefined, undefined, 10)).rows).toMatchObject([
      { emoji: '👍', userId: 'alice', sequence: 6 },
    ])
  })

  it('are one emoji each, fifty different ones at most', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'hello')
    for (const emoji of ['', 'x', '👍👍', ':+1:'])
      await expect(backend.run(addReaction, 'alice', { messageId: message.id, emoji })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
      })
    const emojis = Array.from({ length: 51 }, (_, index) => String.fromCodePoint(0x1f600 + index))
    const answers = await Promise.allSettled(
      emojis.map(emoji => backend.run(addReaction, 'alice', { messageId: message.id, emoji })),
    )
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  })
})
