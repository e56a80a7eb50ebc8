import type { Conversation } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import type { StreamItem } from '../../src/delivery/log/stream-item.ts'
import { deleteConversation } from '../../src/services/commands/conversations.ts'
import { addMembers, leaveConversation, removeMember } from '../../src/services/commands/members.ts'
import { deleteMessage, updateMessage } from '../../src/services/commands/messages.ts'
import { addReaction } from '../../src/services/commands/reactions.ts'
import { actor, Backend, user } from '../backend.ts'
import { Collector } from './collector.ts'

const isLive = ({ items }: Collector) => items.some(item => item.kind === 'position' && item.live)
const reached = (sequence: number) => (collector: Collector) => (collector.sequences.at(-1) ?? 0) >= sequence

describe('a subscriber to a conversation', () => {
  it('is live at once where it asks for nothing earlier, and gets what comes', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    using collector = await Collector.conversation(backend, 'alice', room)
    await collector.until(isLive, 'a position')
    expect(collector.items).toEqual([
      { kind: 'position', conversationId: room.id, position: '2', sequence: 2, live: true },
    ])
    await backend.send('alice', room, 'hello')
    expect(collector.sequences).toEqual([3])
    expect(collector.texts).toEqual(['hello'])
  })

  it('gets every event after its position, in order, then what comes live', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    for (let turn = 0; turn < 250; turn += 1) await backend.send('alice', room, `m${turn}`)
    using collector = await Collector.conversation(backend, 'alice', room, { after: 2 })
    const live = backend.send('alice', room, 'live')
    await live
    await collector.until(reached(253), 'the live event')
    expect(collector.sequences).toEqual(Array.from({ length: 251 }, (_, index) => index + 3))
    expect(collector.texts.at(-1)).toBe('live')
  })

  it('that takes nothing for a while keeps nothing in memory and misses nothing', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    using collector = await Collector.conversation(backend, 'alice', room)
    await collector.until(isLive, 'a position')
    collector.pause()
    await Promise.all(Array.from({ length: 2000 }, (_, index) => backend.send('alice', room, `m${index}`)))
    expect(collector.events).toEqual([])
    collector.resume()
    await collector.until(reached(2002), 'the last event')
    expect(collector.sequences).toEqual(Array.from({ length: 2000 }, (_, index) => index + 3))
  })

  it('replays current content, never what an edit or a deletion has removed', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    using live = await Collector.conversation(backend, 'alice', room)
    live.pause()
    const edited = await backend.send('alice', room, 'secret one')
    const deleted = await backend.send('alice', room, 'secret two')
    await backend.run(updateMessage, 'alice', {
      messageId: edited.id,
      content: { text: 'said better', format: 'PLAIN' },
      expectedVersion: null,
    })
    await backend.run(deleteMessage, 'alice', { messageId: deleted.id })
    using replayed = await Collector.conversation(backend, 'alice', room, { after: 0 })
    await replayed.until(reached(6), 'the deletion')
    live.resume()
    await live.until(reached(6), 'the deletion')
    for (const collector of [live, replayed]) expect(JSON.stringify(collector.items)).not.toContain('secret')
    expect(replayed.texts).toEqual(['said better', 'said better'])
  })

  it('gets RESYNC for a position ahead of the log or of another epoch', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    await expect(Collector.conversation(backend, 'alice', room, { after: 3 })).rejects.toMatchObject({ code: 'RESYNC' })
    await expect(Collector.conversation(backend, 'alice', room, { epoch: 'other' })).rejects.toMatchObject({
      code: 'RESYNC',
    })
    await expect(Collector.conversation(backend, 'alice', room, { after: -1 })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    })
  })

  it('is refused what its viewer may not see, and a channel that its viewer has not joined', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const channel = await backend.create('alice', { kind: 'CHANNEL' })
    await expect(Collector.conversation(backend, 'eve', room)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(Collector.conversation(backend, 'eve', channel)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(backend.hub.logs.cursorsBehind).toBe(0)
  })

  it('ends with the event that its viewer was removed by, and gets none after it', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    using collector = await Collector.conversation(backend, 'bob', room)
    await Promise.all([
      backend.send('alice', room, 'before'),
      backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') }),
      backend.send('alice', room, 'after'),
    ])
    expect(collector.items.at(-1)).toEqual({ kind: 'ended', conversationId: room.id })
    expect(collector.events.at(-1)).toMatchObject({ type: 'MemberLeft', sequence: 5, reason: 'REMOVED' })
    expect(JSON.stringify(collector.items)).not.toContain('after')
  })

  it('that was behind when its viewer was removed gets the end, and no row that changed since', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    using collector = await Collector.conversation(backend, 'bob', room)
    collector.pause()
    const message = await backend.send('alice', room, 'first')
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    await backend.run(updateMessage, 'alice', {
      messageId: message.id,
      content: { text: 'not for bob', format: 'PLAIN' },
      expectedVersion: null,
    })
    collector.resume()
    await collector.until(({ items }) => items.some(item => item.kind === 'ended'), 'the end')
    expect(collector.events.map(event => event.type)).toEqual(['MemberLeft'])
    expect(JSON.stringify(collector.items)).not.toContain('not for bob')
  })

  it('ends with the deletion of the conversation', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    using collector = await Collector.conversation(backend, 'bob', room)
    await backend.run(deleteConversation, 'alice', { conversationId: room.id })
    expect(collector.events.map(event => event.type)).toEqual(['ConversationDeleted'])
    expect(collector.items.at(-1)).toMatchObject({ kind: 'ended' })
  })

  it('to the reactions of one message gets those, with the position of the whole log', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const one = await backend.send('alice', room, 'one')
    const other = await backend.send('alice', room, 'other')
    const items: StreamItem[] = []
    const stream = backend.subscriptionService.open(user('alice'), {
      streamReady() {
        for (let item = stream.take(); item !== undefined; item = stream.take()) items.push(item)
      },
    })
    await backend.run(addReaction, 'alice', { messageId: one.id, emoji: '👍' })
    await backend.subscriptionService.followReactions(stream, actor('alice'), one.id, { after: 0 })
    await backend.run(addReaction, 'alice', { messageId: other.id, emoji: '👍' })
    await backend.run(addReaction, 'alice', { messageId: one.id, emoji: '🎉' })
    await expect
      .poll(() => items.flatMap(item => (item.kind === 'event' ? [[item.event.type, item.event.sequence]] : [])))
      .toEqual([
        ['ReactionAdded', 5],
        ['ReactionAdded', 7],
      ])
    expect(items.filter(item => item.kind === 'position')).toHaveLength(1)
    stream.close()
  })

  it('leaves nothing behind when it closes', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const collector = await Collector.conversation(backend, 'alice', room, { after: 0 })
    collector.stream.close()
    await backend.send('alice', room, 'not delivered')
    expect(backend.hub.logs.cursorsBehind).toBe(0)
    expect(collector.texts).toEqual([])
  })
})

describe('an inbox', () => {
  it('holds all conversations of its viewer, those joined later from the joining on', async () => {
    await using backend = await Backend.open()
    const first = await backend.create('alice', { members: ['bob'] })
    using collector = await Collector.inbox(backend, 'bob')
    await collector.until(isLive, 'a position')
    const second = await backend.create('alice')
    await backend.send('alice', second, 'not yet for bob')
    await backend.run(addMembers, 'alice', { conversationId: second.id, userIds: [user('bob')] })
    await backend.send('alice', second, 'for bob')
    await backend.send('alice', first, 'for bob too')
    await collector.until(({ events }) => events.length >= 3, 'three events')
    const typesOf = ({ id }: Conversation) =>
      collector.events.filter(event => event.conversationId === id).map(({ type }) => type)
    expect(typesOf(second)).toEqual(['MemberJoined', 'MessageCreated'])
    expect(typesOf(first)).toEqual(['MessageCreated'])
  })

  it('replays all that came after a position, and is then live', async () => {
    await using backend = await Backend.open()
    const rooms = await Promise.all([1, 2, 3].map(() => backend.create('alice', { members: ['bob'] })))
    const from = await backend.inboxPosition('bob')
    for (const room of rooms) await backend.send('alice', room, 'missed')
    const joined = await backend.create('alice', { members: ['bob'] })
    using collector = await Collector.inbox(backend, 'bob', { from })
    await collector.until(isLive, 'a position')
    for (const room of rooms)
      expect(collector.events.filter(({ conversationId }) => conversationId === room.id)).toMatchObject([
        { type: 'MessageCreated', sequence: room.lastSequence + 1 },
      ])
    expect(collector.events.find(event => event.conversationId === joined.id)).toMatchObject({
      type: 'MemberJoined',
      userId: 'bob',
    })
  })

  it('replays exactly what follows each position, and what is not listed from the joining on', async () => {
    await using backend = await Backend.open()
    const known = await backend.create('alice', { members: ['bob'] })
    const unknown = await backend.create('alice', { members: ['bob'] })
    await backend.send('alice', known, 'seen')
    await backend.send('alice', known, 'missed')
    using collector = await Collector.inbox(backend, 'bob', { after: new Map([[known.id, 4]]) })
    await collector.until(isLive, 'a position')
    const of = (id: string) => collector.events.filter(event => event.conversationId === id).map(e => e.sequence)
    expect(of(known.id)).toEqual([5])
    expect(of(unknown.id)).toEqual([2, 3])
  })

  it('tells the leaving of a conversation that was left meanwhile, and nothing else of it', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const from = await backend.inboxPosition('bob')
    await backend.send('alice', room, 'before')
    await backend.run(leaveConversation, 'bob', { conversationId: room.id })
    await backend.send('alice', room, 'after')
    // Another user follows the conversation, so that the events are in memory: they must not reach bob from there.
    using other = await Collector.conversation(backend, 'alice', room, { after: 0 })
    await other.until(reached(6), 'the last event')
    for (const start of [{ from }, { after: new Map([[room.id, 3]]) }]) {
      using collector = await Collector.inbox(backend, 'bob', start)
      await collector.until(isLive, 'a position')
      expect(collector.events.map(event => event.type)).toEqual(['MemberLeft'])
    }
  })

  it('tells bad positions and goes on with the others', async () => {
    await using backend = await Backend.open()
    const good = await backend.create('alice')
    const bad = await backend.create('alice')
    const foreign = await backend.create('eve')
    using collector = await Collector.inbox(backend, 'alice', {
      after: new Map([
        [good.id, 1],
        [bad.id, 99],
        [foreign.id, 1],
      ]),
    })
    await collector.until(isLive, 'a position')
    const refused = collector.items.flatMap(item => (item.kind === 'refused' ? [item.refusal] : []))
    expect(refused).toMatchObject([{ code: 'RESYNC', details: { conversationIds: [bad.id, foreign.id] } }])
    expect(collector.sequences).toEqual([2])
    await backend.send('alice', bad, 'live all the same')
    expect(collector.texts).toEqual(['live all the same'])
  })

  it('continues with a conversation that its viewer left and joined again before taking either event', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    using collector = await Collector.inbox(backend, 'bob')
    await collector.until(isLive, 'a position')
    collector.pause()
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    await backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('bob')] })
    await backend.send('alice', room, 'welcome back')
    collector.resume()
    await collector.until(({ texts }) => texts.includes('welcome back'), 'the message')
    expect(collector.events.map(event => event.type)).toEqual(['MemberLeft', 'MemberJoined', 'MessageCreated'])
  })

  it('refuses a position that is none, or of a time to come', async () => {
    await using backend = await Backend.open()
    await backend.create('alice')
    await expect(Collector.inbox(backend, 'alice', { from: 'rubbish' })).rejects.toMatchObject({ code: 'RESYNC' })
  })
})
