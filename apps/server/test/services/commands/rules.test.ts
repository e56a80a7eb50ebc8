import { Refusal } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import {
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
import { updateMessage } from '../../../src/services/commands/messages.ts'
import { Backend, user } from '../../backend.ts'
import { Collector } from '../../delivery/collector.ts'

const isLive = ({ items }: Collector) => items.some(item => item.kind === 'position' && item.live)
const group = {
  kind: 'GROUP' as const,
  name: 'a room',
  topic: null,
  memberIds: [],
  settings: {},
  idempotencyKey: null,
  key: null,
  metadata: null,
}

describe('edits', () => {
  it('repeating an edit changes nothing also if a mentioned user has left meanwhile', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const message = await backend.send('alice', room, 'hi')
    const input = {
      messageId: message.id,
      content: { text: 'hi <@bob>', format: 'PLAIN' as const },
      expectedVersion: 1,
    }
    const first = await backend.run(updateMessage, 'alice', input)
    expect(first.version).toBe(2)
    await backend.run(leaveConversation, 'bob', { conversationId: room.id })
    const again = await backend.run(updateMessage, 'alice', { ...input, expectedVersion: null })
    expect(again.version).toBe(2)
  })

  it('repeating an edit with its expectedVersion does not conflict if a mentioned user has left', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const message = await backend.send('alice', room, 'hi')
    const input = {
      messageId: message.id,
      content: { text: 'hi <@bob>', format: 'PLAIN' as const },
      expectedVersion: 1,
    }
    await backend.run(updateMessage, 'alice', input)
    await backend.run(leaveConversation, 'bob', { conversationId: room.id })
    expect((await backend.run(updateMessage, 'alice', input)).version).toBe(2)
  })
})

describe('creating', () => {
  it('under the key of a conversation that is deleted in the same batch works as in a later batch', async () => {
    await using backend = await Backend.open()
    const service = { userId: user('shop'), service: true, administrator: false }
    const input = { ...group, key: 'order-17' }
    const first = await backend.committer.run(createConversation, input, service)
    const [, second] = await Promise.all([
      backend.committer.run(deleteConversation, { conversationId: first.id }, service),
      backend.committer.run(createConversation, input, service),
    ])
    expect(second.key).toBe('order-17')
  })

  it('a repeated creation after the deletion of what it made is not answered NOT_FOUND for ever', async () => {
    await using backend = await Backend.open()
    const input = { ...group, idempotencyKey: 'k' }
    const first = await backend.run(createConversation, 'alice', input)
    await backend.run(deleteConversation, 'alice', { conversationId: first.id })
    const again = await backend.run(createConversation, 'alice', input).then(
      room => room.id,
      (error: unknown) => (error instanceof Refusal ? error.code : 'other'),
    )
    expect(again).not.toBe('NOT_FOUND')
  })
})

describe('an inbox position', () => {
  it('replays events of an earlier membership to a user who has joined again meanwhile', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const from = await backend.inboxPosition('bob')
    await backend.send('alice', room, 'missed')
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    await backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('bob')] })
    using bob = await Collector.inbox(backend, 'bob', { from })
    await bob.until(isLive, 'a position')
    expect(bob.texts).toContain('missed')
  })
})

describe('reads', () => {
  it('a search finds a name in any case, in Greek too', async () => {
    await using backend = await Backend.open()
    const room = await backend.run(createConversation, 'alice', { ...group, kind: 'CHANNEL', name: 'ΟΔΥΣΣΕΥΣ' })
    const found = await backend.reading('bob').channels({ search: 'ΟΔΥΣ', limit: 10 })
    expect(found.rows.map(row => row.id)).toEqual([room.id])
  })

  it('a page from the very beginning has nothing before it', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const page = await backend.reading('alice').timeline(room, { limit: 10, end: 'oldest', after: 0 })
    expect(page.hasPrevious).toBe(false)
  })
})

describe('permissions', () => {
  it('a member who may not post puts no text of their own into the timeline of a GROUP', async () => {
    await using backend = await Backend.open()
    const room = await backend.run(createConversation, 'alice', {
      ...group,
      memberIds: [user('bob')],
      settings: { postingRole: 'ADMIN' },
    })
    await expect(backend.send('bob', room, 'spam')).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await backend.run(updateConversation, 'bob', { conversationId: room.id, topic: 'spam' }).catch(() => undefined)
    const page = await backend.reading('alice').timeline(room, { limit: 10, end: 'newest' })
    expect(JSON.stringify(page.messages)).not.toContain('spam')
  })

  it('a DIRECT conversation cannot be set so that neither of the two may post', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { kind: 'DIRECT', members: ['bob'] })
    await backend
      .run(updateConversation, 'bob', { conversationId: room.id, settings: { postingRole: 'OWNER' } })
      .catch(() => undefined)
    await expect(backend.send('alice', room, 'hello?')).resolves.toMatchObject({ version: 1 })
  })

  it('a CHANNEL without members has no owner, also after a user joins it', async () => {
    await using backend = await Backend.open()
    const channel = await backend.create('alice', { kind: 'CHANNEL' })
    await backend.run(leaveConversation, 'alice', { conversationId: channel.id })
    for (const name of ['alice', 'bob'])
      expect(await backend.run(joinConversation, name, { conversationId: channel.id })).toMatchObject({
        role: 'MEMBER',
      })
  })
})
