import { type Conversation, type ConversationSettings, Refusal, type Role } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { createConversation, updateConversation } from '../../../src/services/commands/conversations.ts'
import {
  addMembers,
  joinConversation,
  leaveConversation,
  removeMember,
} from '../../../src/services/commands/members.ts'
import { deleteMessage } from '../../../src/services/commands/messages.ts'
import { Backend, user } from '../../backend.ts'
import { noChanges } from '../../storage/scribe.ts'

const codeOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'OK',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  )

/** As if someone had been given the role. */
const give = async ({ store }: Backend, { id }: Conversation, name: string, role: Role): Promise<void> => {
  const memberships = await store.latest.members.byPairs([{ conversationId: id, userId: user(name) }])
  await using batch = await store.begin([])
  await batch.commit({ ...noChanges, memberships: memberships.map(membership => ({ ...membership, role })) })
}

const configure = (backend: Backend, name: string, room: Conversation, settings: Partial<ConversationSettings>) =>
  backend.run(updateConversation, name, { conversationId: room.id, settings })
const topic = (backend: Backend, name: string, room: Conversation, text: string) =>
  backend.run(updateConversation, name, { conversationId: room.id, topic: text })
const add = (backend: Backend, name: string, room: Conversation, ...names: readonly string[]) =>
  backend.run(addMembers, name, { conversationId: room.id, userIds: names.map(user) })
const remove = (backend: Backend, name: string, room: Conversation, other: string) =>
  backend.run(removeMember, name, { conversationId: room.id, userId: user(other) })
const of = (room: Conversation) => ({ conversationId: room.id })
const texts = async (backend: Backend, name: string, room: Conversation) => {
  const page = await backend.reading(name).timeline(room, { limit: 50, end: 'newest' })
  return page.messages.map(({ content }) => content)
}

describe('A topic', () => {
  it('is a post: slow mode counts it, and it counts against the next message', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    await configure(backend, 'alice', room, { slowModeSeconds: 60 })
    await topic(backend, 'bob', room, 'one')
    const refused = await topic(backend, 'bob', room, 'x'.repeat(900)).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'SLOW_MODE', details: { retryAfterMs: 60_000 } })
    expect(await codeOf(backend.send('bob', room, 'now'))).toBe('SLOW_MODE')
    expect(await codeOf(topic(backend, 'bob', room, 'one'))).toBe('OK')
    backend.clock.advance(60)
    await backend.send('bob', room, 'later')
    expect(await codeOf(topic(backend, 'bob', room, 'two'))).toBe('SLOW_MODE')
    expect(JSON.stringify(await texts(backend, 'alice', room))).not.toMatch(/xxx|two/)
  })

  it('can be deleted from the timeline by a moderator, not by the user who set it', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    await topic(backend, 'bob', room, 'spam '.repeat(180))
    const message = await backend.reading('bob').lastMessage(room.id)
    if (message === undefined) throw new TypeError('no message')
    expect(await codeOf(backend.run(deleteMessage, 'bob', { messageId: message.id }))).toBe('FORBIDDEN')
    await give(backend, room, 'carol', 'MODERATOR')
    await backend.run(deleteMessage, 'carol', { messageId: message.id })
    expect(JSON.stringify(await texts(backend, 'bob', room))).not.toContain('spam')
    expect(await codeOf(backend.run(deleteMessage, 'bob', { messageId: message.id }))).toBe('OK')
  })
})

describe('A DIRECT conversation', () => {
  const year = 31_622_400

  it('is given no slow mode and no posting role by either side, from the beginning or later', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { kind: 'DIRECT', members: ['bob'] })
    const create = (settings: Partial<ConversationSettings>) =>
      backend.run(createConversation, 'alice', {
        ...{ kind: 'DIRECT', name: null, topic: null, memberIds: [user('dora')] },
        ...{ idempotencyKey: null, key: null, metadata: null, settings },
      })
    for (const settings of [{ slowModeSeconds: year }, { slowModeSeconds: 1 }, { postingRole: 'OWNER' as const }]) {
      for (const name of ['alice', 'bob'])
        expect(await codeOf(configure(backend, name, room, settings))).toBe('BAD_USER_INPUT')
      expect(await codeOf(create(settings))).toBe('BAD_USER_INPUT')
    }
    expect(await codeOf(configure(backend, 'bob', room, { slowModeSeconds: null, postingRole: 'MEMBER' }))).toBe('OK')
    for (const name of ['alice', 'bob', 'alice', 'bob']) await backend.send(name, room, 'hello')
  })

  it('that an earlier version gave posting rules has none in force, and shows none', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { kind: 'DIRECT', members: ['bob'] })
    const settings: ConversationSettings = { ...room.settings, slowModeSeconds: year, postingRole: 'ADMIN' }
    {
      await using batch = await backend.store.begin([])
      await batch.commit({ ...noChanges, conversations: [{ ...room, settings }] })
    }
    for (const name of ['alice', 'alice', 'bob', 'bob']) await backend.send(name, room, 'hello')
    expect((await backend.reading('bob').requireConversation(room.id)).settings).toEqual(room.settings)
  })
})

describe('A user who was removed', () => {
  it('is added again by moderators, and by members once they have left by themselves', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol', 'dora'] })
    await remove(backend, 'alice', room, 'carol')
    expect(await codeOf(add(backend, 'bob', room, 'carol'))).toBe('FORBIDDEN')
    // No one of those who are named with them comes in either.
    expect(await codeOf(add(backend, 'bob', room, 'eve', 'carol'))).toBe('FORBIDDEN')
    expect(await codeOf(backend.reading('eve').requireConversation(room.id))).toBe('NOT_FOUND')
    await give(backend, room, 'dora', 'MODERATOR')
    expect(await add(backend, 'dora', room, 'carol')).toMatchObject([{ role: 'MEMBER', leaveReason: null }])
    await backend.run(leaveConversation, 'carol', of(room))
    expect(await codeOf(add(backend, 'bob', room, 'carol'))).toBe('OK')
    await remove(backend, 'dora', room, 'carol')
    expect(await codeOf(add(backend, 'bob', room, 'carol'))).toBe('FORBIDDEN')
  })

  it('is not added again by a member in the batch of the removal', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    const codes = await Promise.all([
      codeOf(remove(backend, 'alice', room, 'carol')),
      codeOf(add(backend, 'bob', room, 'carol')),
    ])
    // Adding a user who is still a member changes nothing; the removal must hold.
    expect(codes[0]).toBe('OK')
    expect(await codeOf(backend.send('carol', room, 'back'))).toBe('NOT_FOUND')
  })
})

describe('A CHANNEL that everyone has left', () => {
  it('stays readable and has no owner, also for its former owner; users join and write as members', async () => {
    await using backend = await Backend.open()
    const channel = await backend.create('alice', { kind: 'CHANNEL' })
    await backend.send('alice', channel, 'kept')
    await backend.run(leaveConversation, 'alice', of(channel))
    expect(JSON.stringify(await texts(backend, 'eve', channel))).toContain('kept')
    for (const name of ['eve', 'alice', 'bob'])
      expect(await backend.run(joinConversation, name, of(channel))).toMatchObject({ role: 'MEMBER' })
    for (const name of ['eve', 'alice']) {
      await backend.send(name, channel, 'hello')
      expect(await codeOf(configure(backend, name, channel, { postingRole: 'OWNER' }))).toBe('FORBIDDEN')
      expect(await codeOf(topic(backend, name, channel, 'mine'))).toBe('FORBIDDEN')
      expect(await codeOf(remove(backend, name, channel, 'bob'))).toBe('FORBIDDEN')
    }
    await backend.run(leaveConversation, 'alice', of(channel))
  })

  it('makes no owner of those who join while the last one leaves', async () => {
    await using backend = await Backend.open()
    const channel = await backend.create('alice', { kind: 'CHANNEL' })
    const joined = await Promise.all([
      backend.run(leaveConversation, 'alice', of(channel)).then(() => undefined),
      ...['bob', 'carol'].map(name => backend.run(joinConversation, name, of(channel)).catch(() => undefined)),
    ])
    for (const membership of joined) expect(membership?.role ?? 'MEMBER').toBe('MEMBER')
  })
})
