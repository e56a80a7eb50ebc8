import type { Conversation } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { deleteConversation } from '../../../src/services/commands/conversations.ts'
import { addMembers, leaveConversation, removeMember } from '../../../src/services/commands/members.ts'
import { actor, Backend, user } from '../../backend.ts'
import { until } from '../../support/until.ts'
import { LosingBus } from '../losing-bus.ts'
import { SignalCollector } from './signal-collector.ts'

const type = ({ typing }: Backend, name: string, { id }: Conversation, isTyping = true) =>
  typing.set({ conversationId: id, threadRootId: null, typing: isTyping }, actor(name))

const ends: Readonly<Record<string, (backend: Backend, room: Conversation) => Promise<unknown>>> = {
  leaving: (backend, { id }) => backend.run(leaveConversation, 'bob', { conversationId: id }),
  removal: (backend, { id }) => backend.run(removeMember, 'alice', { conversationId: id, userId: user('bob') }),
  deletion: (backend, { id }) => backend.run(deleteConversation, 'alice', { conversationId: id }),
}

describe('A subscription to the signals of a conversation', () => {
  it.each(Object.keys(ends))('ends by %s: nothing of it arrives any more, not even what waited', async name => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    using bob = await SignalCollector.conversation(backend, 'bob', room, ['TYPING'])
    bob.pause()
    await type(backend, 'carol', room)
    expect(bob.stream.pending).toBe(1)
    await ends[name]?.(backend, room)
    await until(() => bob.stream.ended, 'the end')
    expect(bob.stream.pending).toBe(0)
    if (name !== 'deletion') await type(backend, 'alice', room)
    bob.resume()
    expect(bob.signals).toEqual([])
    expect(backend.signalService.openChannels).toBe(0)
  })

  it('is refused to those who are not members', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const channel = await backend.create('alice', { kind: 'CHANNEL' })
    await expect(SignalCollector.conversation(backend, 'eve', room, ['TYPING'])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(SignalCollector.conversation(backend, 'eve', channel, ['TYPING'])).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
    expect(backend.signalService.openChannels).toBe(0)
  })

  it('delivers nothing while the end may have been missed, and goes on if it was not', async () => {
    const bus = new LosingBus()
    await using backend = await Backend.open(bus)
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    using bob = await SignalCollector.conversation(backend, 'bob', room, ['TYPING'])
    using carol = await SignalCollector.conversation(backend, 'carol', room, ['TYPING'])
    bus.losing = true
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    bus.losing = false
    await until(() => bob.stream.ended, 'the end')
    await type(backend, 'alice', room)
    expect(bob.signals).toEqual([])
    await carol.until(({ typing }) => typing.includes('+alice'), 'typing')
  })

  it('starts again for who joins again', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    using first = await SignalCollector.conversation(backend, 'bob', room, ['TYPING'])
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    expect(first.stream.ended).toBe(true)
    await backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('bob')] })
    using second = await SignalCollector.conversation(backend, 'bob', room, ['TYPING'])
    await type(backend, 'alice', room)
    expect(second.typing).toEqual(['+alice'])
    expect(first.signals).toEqual([])
  })
})

describe('A slow reader of signals', () => {
  it('holds memory bounded by its keys, and then gets the latest state of each', async () => {
    await using backend = await Backend.open()
    const names = ['a', 'b', 'c', 'd', 'e']
    const room = await backend.create('alice', { members: [...names, 'slow', 'quick'] })
    const conversationId = room.id
    using slow = await SignalCollector.conversation(backend, 'slow', room, ['READ_MARKERS'])
    using quick = await SignalCollector.conversation(backend, 'quick', room, ['READ_MARKERS'])
    // The present state of all eight members.
    expect(slow.signals).toHaveLength(names.length + 3)
    slow.sent.length = 0
    slow.pause()
    const move = (read: number): void => {
      for (const name of names)
        backend.signalBus.publish(
          { kind: 'conversation', conversationId },
          { key: { kind: 'markers', conversationId, userId: user(name) }, read, delivered: read },
        )
    }
    const isLast = ({ signals }: SignalCollector): boolean =>
      names.every(name =>
        signals.some(
          signal => signal.type === 'ReadMarkerMoved' && signal.userId === name && signal.readSequence === 1000,
        ),
      )
    for (let read = 1; read <= 1000; read += 1) {
      move(read)
      if (read % 100 === 0) await new Promise(resolve => setTimeout(resolve, 60))
    }
    // An older signal that comes late changes nothing.
    move(7)
    await quick.until(isLast, 'the last markers')
    // Coalesced: at most four a second for each of the five members.
    expect(quick.signals.length).toBeLessThan(40)
    expect(slow.stream.pending).toBe(names.length)
    slow.resume()
    expect(slow.signals).toHaveLength(names.length)
    expect(isLast(slow)).toBe(true)
  })
})
