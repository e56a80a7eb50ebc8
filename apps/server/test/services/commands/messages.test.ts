import { type Conversation, type ErrorCode, type Message, textOf } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { updateConversation } from '../../../src/services/commands/conversations.ts'
import { addMembers, removeMember } from '../../../src/services/commands/members.ts'
import { deleteMessage, sendMessage, updateMessage } from '../../../src/services/commands/messages.ts'
import { Backend, user } from '../../backend.ts'

const text = (words: string) => ({ text: words, format: 'PLAIN' as const })
const headOf = async (backend: Backend, { id }: Conversation) => (await backend.store.latest.log.heads([id]))[0]?.head

/** The refusal's code, and that the log has not grown. */
const refused = async (backend: Backend, room: Conversation, command: Promise<unknown>, code: ErrorCode) => {
  const [before, outcome] = await Promise.all([headOf(backend, room), command.catch((error: unknown) => error)])
  expect(outcome).toMatchObject({ code })
  expect(await headOf(backend, room)).toBe(before)
}

const edit = (backend: Backend, who: string, message: Message, words: string) =>
  backend.run(updateMessage, who, { messageId: message.id, content: text(words), expectedVersion: null })

describe('sendMessage', () => {
  it('puts the message at the end of the log and tells when', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'hello')
    expect(message).toMatchObject({ sequence: 3, changedSequence: 3, version: 1, updatedAt: null, authorId: 'alice' })
    expect(message.createdAt).toBe(backend.clock.now())
  })

  it('returns the first message to a repeat under the same key, also after an edit and a deletion', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const [first, again] = await Promise.all([
      backend.send('alice', room, 'hello', 'key'),
      backend.send('alice', room, 'hello', 'key'),
    ])
    expect(again.id).toBe(first.id)
    await edit(backend, 'alice', first, 'edited')
    expect(await backend.send('alice', room, 'hello', 'key')).toMatchObject({ id: first.id, version: 2 })
    await refused(backend, room, backend.send('alice', room, 'other', 'key'), 'CONFLICT')
    await backend.run(deleteMessage, 'alice', { messageId: first.id })
    expect(textOf((await backend.send('alice', room, 'hello', 'key')).content)).toBe('[Deleted]')
    expect((await backend.send('bob', room, 'hello', 'key')).id).not.toBe(first.id)
  })

  it('makes one message of many sends under one key in one batch', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const sent = await Promise.all(Array.from({ length: 100 }, () => backend.send('alice', room, 'hello', 'key')))
    expect(new Set(sent.map(message => message.id)).size).toBe(1)
    expect(await headOf(backend, room)).toBe(3)
  })

  it.each(['', '  \n', 'x'.repeat(101), 'a\0b', '\ud800'])('refuses the text %j', async words => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    await refused(backend, room, backend.send('alice', room, words), 'BAD_USER_INPUT')
  })

  it('refuses a user who is not a member as it refuses an unknown id', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    await refused(backend, room, backend.send('eve', room, 'hello'), 'NOT_FOUND')
  })

  it('mentions those named who are members, once, and everyone where that is allowed', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    const { content } = await backend.send('bob', room, '<@carol> <@eve> <@alice> <@carol> <@everyone>')
    expect(content).toMatchObject({ mentionIds: ['carol', 'alice'], mentionsEveryone: true })
    await backend.run(addMembers, 'alice', {
      conversationId: room.id,
      userIds: Array.from({ length: 48 }, (_, index) => user(`u${index}`)),
    })
    expect((await backend.send('bob', room, '<@everyone>')).content).toMatchObject({ mentionsEveryone: false })
    expect((await backend.send('alice', room, '<@everyone>')).content).toMatchObject({ mentionsEveryone: true })
  })

  it('quotes only an existing message of the same conversation', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const other = await backend.create('alice')
    const foreign = await backend.create('eve')
    const reply = (replyTo: Message) =>
      backend.run(sendMessage, 'alice', {
        conversationId: room.id,
        content: text('reply'),
        clientMessageId: null,
        replyToId: replyTo.id,
        metadata: null,
      })
    const quoted = await backend.send('alice', room, 'quoted')
    expect((await reply(quoted)).replyToId).toBe(quoted.id)
    await refused(backend, room, reply(await backend.send('alice', other, 'elsewhere')), 'BAD_USER_INPUT')
    await refused(backend, room, reply(await backend.send('eve', foreign, 'hidden')), 'NOT_FOUND')
    await backend.run(deleteMessage, 'alice', { messageId: quoted.id })
    await refused(backend, room, reply(quoted), 'MESSAGE_DELETED')
  })

  it('keeps the slow mode of members and lets moderators post', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    await backend.run(updateConversation, 'alice', { conversationId: room.id, settings: { slowModeSeconds: 10 } })
    await backend.send('bob', room, 'one')
    backend.clock.advance(4)
    await expect(backend.send('bob', room, 'two')).rejects.toMatchObject({
      code: 'SLOW_MODE',
      details: { retryAfterMs: 6000 },
    })
    await backend.send('alice', room, 'owner')
    await backend.send('alice', room, 'owner again')
    backend.clock.advance(6)
    await backend.send('bob', room, 'two')
  })

  it('keeps the posting role', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    await backend.run(updateConversation, 'alice', { conversationId: room.id, settings: { postingRole: 'ADMIN' } })
    await refused(backend, room, backend.send('bob', room, 'hello'), 'FORBIDDEN')
    await backend.send('alice', room, 'hello')
  })
})

describe('updateMessage', () => {
  it('makes a version, and none if the content is the same', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'hello')
    backend.clock.advance(5)
    const edited = await edit(backend, 'alice', message, 'hello, world')
    expect(edited).toMatchObject({ version: 2, updatedAt: backend.clock.now(), sequence: 3, changedSequence: 4 })
    expect(await edit(backend, 'alice', message, 'hello, world')).toEqual(edited)
    expect(await headOf(backend, room)).toBe(4)
  })

  it('keeps an edit from overwriting one that its author has not seen', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'hello')
    await edit(backend, 'alice', message, 'second')
    await expect(
      backend.run(updateMessage, 'alice', { messageId: message.id, content: text('third'), expectedVersion: 1 }),
    ).rejects.toMatchObject({ code: 'CONFLICT', details: { currentVersion: 2 } })
  })

  it('is for the author only, while the window is open and the message exists', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const message = await backend.send('bob', room, 'hello')
    await refused(backend, room, edit(backend, 'alice', message, 'x'), 'FORBIDDEN')
    await refused(backend, room, edit(backend, 'eve', message, 'x'), 'NOT_FOUND')
    await backend.run(updateConversation, 'alice', { conversationId: room.id, settings: { editWindowSeconds: 60 } })
    backend.clock.advance(60)
    await edit(backend, 'bob', message, 'in time')
    backend.clock.advance(1)
    await refused(backend, room, edit(backend, 'bob', message, 'late'), 'EDIT_WINDOW_CLOSED')
    await backend.run(deleteMessage, 'bob', { messageId: message.id })
    await refused(backend, room, edit(backend, 'bob', message, 'x'), 'MESSAGE_DELETED')
  })

  it('loses against a deletion in the same batch, in either order', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    for (const deletedFirst of [true, false]) {
      const message = await backend.send('alice', room, 'hello')
      const commands = [
        () => backend.run(deleteMessage, 'alice', { messageId: message.id }),
        () => edit(backend, 'alice', message, 'x'),
      ]
      await Promise.allSettled((deletedFirst ? commands : commands.reverse()).map(command => command()))
      const [stored] = await backend.store.latest.messages.byIds([message.id])
      expect(stored?.content).toEqual({ kind: 'deleted' })
    }
  })
})

describe('deleteMessage', () => {
  it('leaves the marker, and changes nothing the second time', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'hello')
    const deleted = await backend.run(deleteMessage, 'alice', { messageId: message.id })
    expect(textOf(deleted.content)).toBe('[Deleted]')
    expect(deleted).toMatchObject({ version: 2, updatedAt: backend.clock.now(), deletedAt: backend.clock.now() })
    expect(await backend.run(deleteMessage, 'alice', { messageId: message.id })).toEqual(deleted)
    expect(await headOf(backend, room)).toBe(4)
  })

  it('is for the author and for moderators, not for members, former members and other users', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    const message = await backend.send('bob', room, 'hello')
    await refused(backend, room, backend.run(deleteMessage, 'carol', { messageId: message.id }), 'FORBIDDEN')
    await refused(backend, room, backend.run(deleteMessage, 'eve', { messageId: message.id }), 'NOT_FOUND')
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    await refused(backend, room, backend.run(deleteMessage, 'bob', { messageId: message.id }), 'NOT_FOUND')
    await backend.run(deleteMessage, 'alice', { messageId: message.id })
  })
})

describe('a batch', () => {
  it('answers each command for itself: a refusal concerns only its own', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const answers = await Promise.allSettled([
      backend.send('alice', room, 'one'),
      backend.send('eve', room, 'two'),
      backend.send('alice', room, ''),
      backend.send('alice', room, 'three'),
    ])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(await headOf(backend, room)).toBe(4)
  })

  it('announces no text that was deleted within it', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const message = await backend.send('alice', room, 'first')
    const received: unknown[] = []
    using _ = backend.bus.subscribe(room.id, {
      receive: each => void received.push(each),
      advance: each => void received.push(each),
    })
    await Promise.all([
      edit(backend, 'alice', message, 'secret'),
      backend.run(deleteMessage, 'alice', { messageId: message.id }),
    ])
    expect(received).toHaveLength(1)
    expect(JSON.stringify(received)).not.toContain('secret')
  })
})
