import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphQLServer } from '../graphql-server.ts'
import { codesOf, mark, markAllRead, markUnread, updateSettings, viewOf } from './marking.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const membersQuery = `query($id: ID!) { conversation(id: $id) {
  members(first: 10) { edges { node { user { id } readSequence deliveredSequence } } } } }`

interface Member {
  readonly node: {
    readonly user: { readonly id: string }
    readonly readSequence: number
    readonly deliveredSequence: number
  }
}

const seenOf = async (viewer: string, id: string, member: string) => {
  const edges = await server.read<readonly Member[]>(viewer, membersQuery, { id }, 'conversation', 'members', 'edges')
  const found = edges.find(({ node }) => node.user.id === member)?.node
  return found && [found.readSequence, found.deliveredSequence]
}

describe('markRead and markDelivered', () => {
  it('move the markers forward only, and answer with them', async () => {
    const id = await server.create('alice', ['bob'])
    for (const text of ['one', 'two', 'three']) await server.send('alice', id, text)
    const head = await server.lastSequence('bob', id)
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 3 })
    const delivered = await mark(server, 'bob', 'markDelivered', id, head)
    const { readSequence: joined } = (await viewOf(server, 'bob', id)).viewerMembership ?? { readSequence: 0 }
    expect(delivered.data).toEqual({ markDelivered: { membership: { readSequence: joined, deliveredSequence: head } } })
    const read = await mark(server, 'bob', 'markRead', id, head - 1)
    expect(read.data).toEqual({ markRead: { membership: { readSequence: head - 1, deliveredSequence: head } } })
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 1 })
    const back = await mark(server, 'bob', 'markRead', id, 1)
    expect(back.data).toEqual(read.data)
    expect(await seenOf('alice', id, 'bob')).toEqual([head - 1, head])
    await server.store.markers.flush()
    expect(await seenOf('alice', id, 'bob')).toEqual([head - 1, head])
  })

  it('refuse a sequence beyond the newest event or below 0, and conversations that one is not a member of', async () => {
    const id = await server.create('alice', ['bob'])
    const channel = await server.create('alice', [], 'CHANNEL')
    const head = await server.lastSequence('alice', id)
    for (const mutation of ['markRead', 'markDelivered'] as const) {
      const codes = async (name: string, of: string, sequence: number) =>
        codesOf(await mark(server, name, mutation, of, sequence))
      expect(await codes('bob', id, head + 1)).toEqual(['BAD_USER_INPUT'])
      expect(await codes('bob', id, -1)).toEqual(['BAD_USER_INPUT'])
      expect(await codes('eve', id, 1)).toEqual(['NOT_FOUND'])
      expect(await codes('eve', channel, 1)).toEqual(['FORBIDDEN'])
      expect(await codes('eve', 'conv_nonsense', 1)).toEqual(['NOT_FOUND'])
    }
    expect(await viewOf(server, 'bob', id)).toMatchObject({ viewerSettings: { markedUnreadFrom: null } })
    for (const [name, of, sequence, code] of [
      ['bob', id, head + 1, 'BAD_USER_INPUT'],
      ['bob', id, -1, 'BAD_USER_INPUT'],
      ['eve', id, 1, 'NOT_FOUND'],
      ['eve', channel, 1, 'FORBIDDEN'],
    ] as const)
      expect(codesOf(await markUnread(server, name, of, sequence))).toEqual([code])
    expect(codesOf(await updateSettings(server, 'eve', id, { archived: true }))).toEqual(['NOT_FOUND'])
    expect(codesOf(await updateSettings(server, 'eve', channel, { archived: true }))).toEqual(['FORBIDDEN'])
  })

  it('of a sender move with the message', async () => {
    const id = await server.create('alice', ['bob'])
    await server.send('alice', id, 'one')
    await server.send('bob', id, 'two')
    const head = await server.lastSequence('bob', id)
    expect(await viewOf(server, 'bob', id)).toMatchObject({
      unreadCount: 0,
      viewerMembership: { readSequence: head, deliveredSequence: head },
    })
    expect(await seenOf('alice', id, 'bob')).toEqual([head, head])
    expect(await viewOf(server, 'alice', id)).toMatchObject({ unreadCount: 1 })
  })

  it('move while the database accepts no writes, and are written after it', async () => {
    const id = await server.create('alice', ['bob'])
    await server.send('alice', id, 'one')
    const head = await server.lastSequence('bob', id)
    const hold = await server.holdWriting()
    await mark(server, 'bob', 'markRead', id, head)
    const flushing = server.store.markers.flush()
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 0, viewerMembership: { readSequence: head } })
    await hold[Symbol.asyncDispose]()
    await flushing
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 0, viewerMembership: { readSequence: head } })
  })

  it('of a user who returns begin at their return', async () => {
    const id = await server.create('alice', [], 'CHANNEL')
    const join = `mutation($input: JoinConversationInput!) { joinConversation(input: $input) { membership { readSequence } } }`
    const leave = `mutation($input: LeaveConversationInput!) { leaveConversation(input: $input) { conversationId } }`
    const input = { conversationId: id }
    await server.read('bob', join, { input }, 'joinConversation')
    await server.send('alice', id, 'one')
    await server.read('bob', leave, { input }, 'leaveConversation')
    expect(await viewOf(server, 'bob', id)).toMatchObject({
      unreadCount: 0,
      unreadMentionCount: 0,
      firstUnreadMessage: null,
      viewerSettings: null,
      viewerMembership: null,
    })
    await server.send('alice', id, 'two')
    await server.read('bob', join, { input }, 'joinConversation')
    const head = await server.lastSequence('bob', id)
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 0, viewerMembership: { readSequence: head } })
    await server.send('alice', id, 'three')
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 1 })
  })
})

describe('unread counts', () => {
  it('leave out own, deleted and system messages, and replies that are only in a thread', async () => {
    const id = await server.create('alice', ['bob'])
    const first = await server.send('alice', id, 'one')
    const second = await server.send('alice', id, 'two')
    await server.send('alice', id, 'in the thread', { threadRootId: first })
    await server.send('alice', id, 'in both', { threadRootId: first, alsoInConversation: true })
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 3, firstUnreadMessage: { id: first } })
    const remove = `mutation($input: DeleteMessageInput!) { deleteMessage(input: $input) { message { id } } }`
    await server.read('alice', remove, { input: { messageId: first } }, 'deleteMessage')
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 2, firstUnreadMessage: { id: second } })
    const rename = `mutation($input: UpdateConversationInput!) { updateConversation(input: $input) { conversation { id } } }`
    await server.read('alice', rename, { input: { conversationId: id, name: 'renamed' } }, 'updateConversation')
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 2 })
    expect(await viewOf(server, 'alice', id)).toMatchObject({ unreadCount: 0, firstUnreadMessage: null })
  })

  it('of mentions follow edits, each mention counted once', async () => {
    const id = await server.create('alice', ['bob'])
    const edit = (messageId: string, text: string) =>
      server.read(
        'alice',
        'mutation($input: UpdateMessageInput!) { updateMessage(input: $input) { message { id } } }',
        { input: { messageId, content: { text: { text } } } },
        'updateMessage',
      )
    const mentions = async () => (await viewOf(server, 'bob', id)).unreadMentionCount
    const message = await server.send('alice', id, 'hello')
    expect(await mentions()).toBe(0)
    await edit(message, 'hello <@bob>')
    expect(await mentions()).toBe(1)
    await edit(message, 'hello again <@bob> and <@everyone>')
    expect(await mentions()).toBe(1)
    await edit(message, 'hello')
    expect(await mentions()).toBe(0)
    await mark(server, 'bob', 'markRead', id, await server.lastSequence('bob', id))
    await edit(message, 'hello <@bob>')
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 0, unreadMentionCount: 1 })
  })
})

describe('markUnread', () => {
  it('starts the counts of the viewer after a sequence, and nothing that others see, until markRead', async () => {
    const id = await server.create('alice', ['bob'])
    for (const text of ['one', 'two', 'three']) await server.send('alice', id, text)
    const head = await server.lastSequence('bob', id)
    await mark(server, 'bob', 'markRead', id, head)
    const marked = await markUnread(server, 'bob', id, head - 2)
    expect(marked.data).toEqual({
      markUnread: { conversation: { unreadCount: 2, viewerSettings: { markedUnreadFrom: head - 2 } } },
    })
    expect(await seenOf('alice', id, 'bob')).toEqual([head, head])
    expect(await seenOf('bob', id, 'bob')).toEqual([head, head])
    await server.send('alice', id, 'four')
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 3 })
    await mark(server, 'bob', 'markDelivered', id, head + 1)
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 3 })
    await mark(server, 'bob', 'markRead', id, head)
    expect(await viewOf(server, 'bob', id)).toMatchObject({
      unreadCount: 1,
      viewerSettings: { markedUnreadFrom: null },
    })
  })

  it('stays when a marker that was moved before is written after it', async () => {
    const id = await server.create('alice', ['bob'])
    await server.send('alice', id, 'one')
    const head = await server.lastSequence('bob', id)
    await mark(server, 'bob', 'markRead', id, head)
    await markUnread(server, 'bob', id, 0)
    await server.store.markers.flush()
    expect(await viewOf(server, 'bob', id)).toMatchObject({ unreadCount: 1, viewerSettings: { markedUnreadFrom: 0 } })
  })
})

describe('markAllRead', () => {
  it('answers how many conversations had something unread, and leaves none', async () => {
    const [unread, marked, read] = [
      await server.create('alice', ['carol']),
      await server.create('alice', ['carol']),
      await server.create('alice', ['carol']),
    ]
    await server.send('alice', unread, 'one')
    await server.send('alice', marked, 'two')
    await mark(server, 'carol', 'markRead', marked, await server.lastSequence('carol', marked))
    await markUnread(server, 'carol', marked, 0)
    const unreadCount = () =>
      server.read<number>('carol', '{ viewer { unreadConversationCount } }', {}, 'viewer', 'unreadConversationCount')
    expect(await unreadCount()).toBe(2)
    expect(await markAllRead(server, 'carol')).toBe(2)
    expect(await unreadCount()).toBe(0)
    for (const id of [unread, marked, read])
      expect(await viewOf(server, 'carol', id)).toMatchObject({
        unreadCount: 0,
        viewerSettings: { markedUnreadFrom: null },
      })
    expect(await markAllRead(server, 'carol')).toBe(0)
    expect(await seenOf('alice', unread, 'carol')).toEqual(Array(2).fill(await server.lastSequence('alice', unread)))
  })

  it('reads the threads that the viewer follows too', async () => {
    const id = await server.create('alice', ['grace'])
    const root = await server.send('grace', id, 'a root')
    await server.send('alice', id, 'a reply', { threadRootId: root })
    await server.send('alice', id, 'a reply for <@grace>', { threadRootId: root })
    const counts = () =>
      server.read<{ readonly unreadMentionCount: number; readonly threads: { readonly edges: readonly unknown[] } }>(
        'grace',
        '{ viewer { unreadMentionCount threads(unreadOnly: true) { edges { node { unreadCount } } } } }',
        {},
        'viewer',
      )
    expect(await counts()).toEqual({ unreadMentionCount: 1, threads: { edges: [{ node: { unreadCount: 2 } }] } })
    expect(await markAllRead(server, 'grace')).toBe(0)
    expect(await counts()).toEqual({ unreadMentionCount: 0, threads: { edges: [] } })
    await server.send('alice', id, 'hello <@grace>')
    expect(await counts()).toMatchObject({ unreadMentionCount: 1 })
  })
})
