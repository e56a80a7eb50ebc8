import { type Conversation, isInTimeline, type Message, type Thread } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { addMembers } from '../../../src/services/commands/members.ts'
import { deleteMessage, sendMessage, updateMessage } from '../../../src/services/commands/messages.ts'
import { followThread, markThreadRead } from '../../../src/services/commands/threads.ts'
import { Backend, user } from '../../backend.ts'

interface Reply {
  readonly alsoInConversation?: boolean
}

/** A group with a message by alice, and what its members do in the thread under it. */
class Room {
  readonly backend: Backend
  readonly conversation: Conversation
  readonly root: Message

  private constructor(backend: Backend, conversation: Conversation, root: Message) {
    this.backend = backend
    this.conversation = conversation
    this.root = root
  }

  static async open(backend: Backend): Promise<Room> {
    const conversation = await backend.create('alice', { members: ['bob', 'carol', 'dave'] })
    return new Room(backend, conversation, await backend.send('alice', conversation, 'the root'))
  }

  reply(who: string, words: string, { alsoInConversation = false }: Reply = {}, threadRootId = this.root.id) {
    return this.backend.run(sendMessage, who, {
      conversationId: this.conversation.id,
      content: { text: words, format: 'PLAIN' },
      clientMessageId: null,
      replyToId: null,
      metadata: null,
      threadRootId,
      alsoInConversation,
    })
  }

  edit(who: string, { id }: Message, words: string) {
    const content = { text: words, format: 'PLAIN' as const }
    return this.backend.run(updateMessage, who, { messageId: id, content, expectedVersion: null })
  }

  delete(who: string, { id }: Message) {
    return this.backend.run(deleteMessage, who, { messageId: id })
  }

  follow(who: string, follow: boolean) {
    return this.backend.run(followThread, who, { rootId: this.root.id, follow })
  }

  read(who: string, sequence: number) {
    return this.backend.run(markThreadRead, who, { rootId: this.root.id, sequence })
  }

  async thread(): Promise<Thread> {
    const [thread] = await this.backend.store.latest.threads.byRoots([this.root.id])
    if (thread === undefined) throw new TypeError('there is no thread')
    return thread
  }

  /** Whether a user follows the thread, and what of it they have not read. */
  async of(who: string) {
    const reading = this.backend.reading(who)
    const thread = await this.thread()
    const state = await reading.threads.state(thread)
    const { unread, mentions } = await reading.threads.unread(thread)
    return { follows: state?.follows === true, unread, mentions }
  }

  async timeline() {
    const reading = this.backend.reading('alice')
    const page = await reading.timeline(this.conversation, { limit: 50, end: 'newest' })
    return page.messages.flatMap(({ content }) => (content.kind === 'text' ? [content.text] : []))
  }

  async replies() {
    const page = await this.backend.reading('dave').threads.replies(await this.thread(), { limit: 50, end: 'newest' })
    return page.messages.map(({ content }) => (content.kind === 'text' ? content.text : content.kind))
  }
}

const unreadOf = ({ unread, follows }: { readonly unread: number; readonly follows: boolean }) => ({ unread, follows })

describe('a reply in a thread', () => {
  it('is in the thread and not in the timeline, unless it is sent to both: then it is one message in both', async () => {
    await using backend = await Backend.open()
    const room = await Room.open(backend)
    await room.reply('bob', 'only here')
    const both = await room.reply('carol', 'in both', { alsoInConversation: true })
    expect(await room.timeline()).toEqual(['the root', 'in both'])
    expect(await room.replies()).toEqual(['only here', 'in both'])
    expect(isInTimeline(both)).toBe(true)
    expect(await room.thread()).toMatchObject({ replyCount: 2, messageCount: 1, lastSequence: both.sequence })
    const [conversation] = await backend.store.latest.conversations.byIds([room.conversation.id])
    expect(conversation).toMatchObject({ messageCount: 2, lastActivityAt: both.createdAt })
    expect(await backend.reading('dave').lastMessage(room.conversation.id)).toMatchObject({ id: both.id })
  })

  it('is refused with the reason, and changes nothing', async () => {
    await using backend = await Backend.open()
    const room = await Room.open(backend)
    const reply = await room.reply('bob', 'a reply')
    const elsewhere = await Room.open(backend)
    const hidden = await backend.send('erin', await backend.create('erin'), 'hidden')
    const gone = await backend.send('alice', room.conversation, 'gone')
    await room.delete('alice', gone)
    const before = await backend.store.latest.log.heads([room.conversation.id])
    const refused = (command: Promise<unknown>, expected: object) => expect(command).rejects.toMatchObject(expected)
    const badRoot = { code: 'BAD_USER_INPUT', details: { field: 'threadRootId' } }
    await refused(room.reply('bob', 'x', {}, reply.id), badRoot)
    await refused(room.reply('bob', 'x', {}, elsewhere.root.id), badRoot)
    await refused(room.reply('bob', 'x', {}, hidden.id), { code: 'NOT_FOUND' })
    await refused(room.reply('bob', 'x', {}, gone.id), { code: 'MESSAGE_DELETED' })
    await refused(
      backend.run(sendMessage, 'bob', {
        conversationId: room.conversation.id,
        content: { text: 'x', format: 'PLAIN' },
        clientMessageId: null,
        replyToId: null,
        metadata: null,
        alsoInConversation: true,
      }),
      { code: 'BAD_USER_INPUT', details: { field: 'alsoInConversation' } },
    )
    await refused(
      room.follow('bob', true).then(() => elsewhere.follow('bob', true)),
      {
        code: 'BAD_USER_INPUT',
        details: { field: 'rootMessageId' },
      },
    )
    await refused(room.read('bob', -1), { code: 'BAD_USER_INPUT' })
    await refused(room.read('bob', 1_000_000), { code: 'BAD_USER_INPUT' })
    await refused(room.read('erin', 1), { code: 'NOT_FOUND' })
    expect(await backend.store.latest.log.heads([room.conversation.id])).toEqual(before)
  })

  it('sent again under its key is the same reply, and under another place a CONFLICT', async () => {
    await using backend = await Backend.open()
    const room = await Room.open(backend)
    const send = (alsoInConversation: boolean) =>
      backend.run(sendMessage, 'bob', {
        conversationId: room.conversation.id,
        content: { text: 'once', format: 'PLAIN' },
        clientMessageId: 'key',
        replyToId: null,
        metadata: null,
        threadRootId: room.root.id,
        alsoInConversation,
      })
    expect((await send(false)).id).toBe((await send(false)).id)
    await expect(send(true)).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await room.thread()).toMatchObject({ replyCount: 1 })
  })

  it('that is deleted lowers the count, and is nowhere unread any more', async () => {
    await using backend = await Backend.open()
    const room = await Room.open(backend)
    const reply = await room.reply('bob', 'a mistake of <@carol>')
    await room.reply('bob', 'another')
    expect(await room.of('alice')).toEqual({ follows: true, unread: 2, mentions: 0 })
    expect(await room.of('carol')).toEqual({ follows: true, unread: 2, mentions: 1 })
    await room.delete('bob', reply)
    await room.delete('bob', reply)
    expect(await room.thread()).toMatchObject({ replyCount: 1, messageCount: 2 })
    expect(await room.of('alice')).toEqual({ follows: true, unread: 1, mentions: 0 })
    expect(await room.of('carol')).toEqual({ follows: true, unread: 1, mentions: 0 })
    expect(await room.replies()).toEqual(['deleted', 'another'])
  })

  it('keeps its thread when the root is deleted, and when it is the last one to be deleted', async () => {
    await using backend = await Backend.open()
    const room = await Room.open(backend)
    const reply = await room.reply('bob', 'still here')
    await room.delete('alice', room.root)
    expect(await room.replies()).toEqual(['still here'])
    expect(await room.of('alice')).toMatchObject({ unread: 1 })
    await room.delete('bob', reply)
    expect(await room.thread()).toMatchObject({ replyCount: 0 })
    expect(await room.of('alice')).toMatchObject({ unread: 0 })
    const { rows } = await backend.reading('alice').threads.participants(await room.thread(), undefined, 10)
    expect(rows).toEqual([])
  })

  it('is read by a user who joined later', async () => {
    await using backend = await Backend.open()
    const room = await Room.open(backend)
    await room.reply('bob', 'from before')
    await backend.run(addMembers, 'alice', { conversationId: room.conversation.id, userIds: [user('erin')] })
    const page = await backend.reading('erin').threads.replies(await room.thread(), { limit: 10, end: 'newest' })
    expect(page.messages).toHaveLength(1)
    expect(await room.of('erin')).toEqual({ follows: false, unread: 0, mentions: 0 })
  })
})

describe('following a thread', () => {
  it('begins for who replies, who is mentioned in a reply and who wrote the root', async () => {
    await using backend = await Backend.open()
    const room = await Room.open(backend)
    await room.reply('bob', 'hello <@carol>')
    expect(unreadOf(await room.of('alice'))).toEqual({ follows: true, unread: 1 })
    expect(unreadOf(await room.of('bob'))).toEqual({ follows: true, unread: 0 })
    expect(await room.of('carol')).toEqual({ follows: true, unread: 1, mentions: 1 })
    expect(unreadOf(await room.of('dave'))).toEqual({ follows: false, unread: 0 })
    const edited = await room.reply('alice', 'who else?')
    await room.edit('alice', edited, 'you, <@dave>?')
    expect(await room.of('dave')).toEqual({ follows: true, unread: 0, mentions: 1 })
  })

  it('never begins by itself again after it was ended by hand', async () => {
    await using backend = await Backend.open()
    const room = await Room.open(backend)
    await room.reply('bob', 'one')
    await room.follow('alice', false)
    await room.follow('bob', false)
    const reply = await room.reply('bob', 'two, <@alice>')
    await room.edit('bob', reply, 'two, <@alice> and <@carol>')
    await room.reply('carol', 'three, <@bob>')
    for (const who of ['alice', 'bob']) expect(await room.of(who)).toEqual({ follows: false, unread: 0, mentions: 0 })
    await room.follow('alice', true)
    expect(unreadOf(await room.of('alice'))).toEqual({ follows: true, unread: 0 })
    await room.reply('carol', 'four')
    expect(unreadOf(await room.of('alice'))).toEqual({ follows: true, unread: 1 })
  })

  it('counts a reply once: in the thread, or in the conversation if it is in both', async () => {
    await using backend = await Backend.open()
    const room = await Room.open(backend)
    await room.reply('bob', 'only here <@alice>')
    await room.reply('bob', 'in both <@alice>', { alsoInConversation: true })
    expect(await room.of('alice')).toEqual({ follows: true, unread: 1, mentions: 1 })
    const pair = { conversationId: room.conversation.id, userId: user('alice') }
    expect(await backend.store.latest.viewerStates.unread([pair])).toMatchObject([{ count: 1, mentions: 1 }])
  })

  it('has a marker that moves only forward, and everything after it is unread', async () => {
    await using backend = await Backend.open()
    const room = await Room.open(backend)
    const [one, two] = [await room.reply('bob', 'one'), await room.reply('bob', 'two')]
    await room.read('alice', one.sequence)
    expect(unreadOf(await room.of('alice'))).toEqual({ follows: true, unread: 1 })
    await room.read('alice', two.sequence)
    await room.read('alice', one.sequence)
    expect(unreadOf(await room.of('alice'))).toEqual({ follows: true, unread: 0 })
    await room.reply('alice', 'my own')
    await room.reply('bob', 'three')
    expect(unreadOf(await room.of('alice'))).toEqual({ follows: true, unread: 1 })
  })
})

describe('the followed threads of a user', () => {
  it('come with the latest reply first, in pages, and only unread ones if asked for', async () => {
    await using backend = await Backend.open()
    const first = await Room.open(backend)
    const roots = [first.root]
    for (let count = 1; count < 5; count += 1) roots.push(await backend.send('alice', first.conversation, `${count}`))
    for (const root of roots) {
      backend.clock.advance(1)
      await first.reply('bob', 'reply', {}, root.id)
    }
    await backend.run(markThreadRead, 'alice', { rootId: roots[1]?.id ?? first.root.id, sequence: 12 })
    const { threads } = backend.reading('alice')
    const whole = await threads.followed({ unreadOnly: false, limit: 10 })
    expect(whole.rows.map(({ rootId }) => rootId)).toEqual(roots.map(({ id }) => id).toReversed())
    const page = await threads.followed({ unreadOnly: false, limit: 2 })
    expect(page).toMatchObject({ rows: whole.rows.slice(0, 2), hasMore: true })
    const next = await threads.followed({ unreadOnly: false, limit: 3, after: page.end })
    expect(next).toMatchObject({ rows: whole.rows.slice(2), hasMore: false })
    const unread = await threads.followed({ unreadOnly: true, limit: 10 })
    expect(unread.rows.map(({ rootId }) => rootId)).toEqual(
      whole.rows.map(({ rootId }) => rootId).filter(id => id !== roots[1]?.id),
    )
  })
})
