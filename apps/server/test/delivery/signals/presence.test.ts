import { describe, expect, it } from 'vitest'
import { MemberPresences } from '../../../src/delivery/signals/member-presences.ts'
import { PresenceListeners } from '../../../src/delivery/signals/presence-listeners.ts'
import type { SignalItem } from '../../../src/delivery/signals/signal-item.ts'
import { usersOfPresence } from '../../../src/delivery/signals/users-of-presence.ts'
import { deleteConversation } from '../../../src/services/commands/conversations.ts'
import { addMembers, leaveConversation, removeMember } from '../../../src/services/commands/members.ts'
import { actor, Backend, silentLog, user } from '../../backend.ts'
import { until } from '../../support/until.ts'
import { LosingBus } from '../losing-bus.ts'
import { SignalCollector } from './signal-collector.ts'

const watch = (backend: Backend, name: string, ...names: readonly string[]): Promise<SignalCollector> =>
  SignalCollector.open(backend, name, stream =>
    backend.signalService.followPresence(stream, actor(name), usersOfPresence(names)),
  )

/** The user has one connection, and is at its device or not. Resolves once that is so for others. */
const set = async ({ presences }: Backend, name: string, status: 'ONLINE' | 'AWAY' | 'OFFLINE'): Promise<void> => {
  if (status === 'OFFLINE') presences.disconnected(`of ${name}`)
  else {
    presences.connected(user(name), `of ${name}`)
    presences.setActive(`of ${name}`, status === 'ONLINE')
  }
  await until(async () => (await presences.of([user(name)]))[0]?.status === status, `${name} to be ${status}`)
}

/** Each signal in short: `bob ONLINE`, with `?` for users of whom nothing is shown. */
const shownTo = ({ signals }: SignalCollector): readonly string[] =>
  signals.flatMap(signal =>
    signal.type === 'PresenceChanged'
      ? [`${signal.presence.userId} ${signal.presence.status}${signal.isHidden ? ' ?' : ''}`]
      : [],
  )

const last = (of: SignalCollector, text: string) => () => shownTo(of).at(-1) === text

describe('Presence of named users', () => {
  it('comes with the present state; who shares nothing with the viewer, or is unknown, is OFFLINE', async () => {
    await using backend = await Backend.open()
    await backend.create('alice', { members: ['bob', 'carol'] })
    await backend.create('dave')
    for (const name of ['bob', 'dave']) await set(backend, name, 'ONLINE')
    using alice = await watch(backend, 'alice', 'bob', 'carol', 'dave', 'unknown', 'alice')
    expect(shownTo(alice).toSorted()).toEqual([
      'alice OFFLINE',
      'bob ONLINE',
      'carol OFFLINE',
      'dave OFFLINE ?',
      'unknown OFFLINE ?',
    ])
    await set(backend, 'dave', 'AWAY')
    await set(backend, 'carol', 'AWAY')
    await until(last(alice, 'carol AWAY'), 'the change')
    expect(alice.signals).toHaveLength(6)
  })

  it('is coalesced: the last of many changes is shown', async () => {
    await using backend = await Backend.open()
    await backend.create('alice', { members: ['bob'] })
    using alice = await watch(backend, 'alice', 'bob')
    await set(backend, 'bob', 'ONLINE')
    for (let turn = 0; turn < 100; turn += 1) backend.presences.setActive('of bob', turn % 2 === 0)
    await until(last(alice, 'bob AWAY'), 'the last state')
    expect(shownTo(alice)).toEqual(['bob OFFLINE', 'bob ONLINE', 'bob AWAY'])
  })

  it('ends with the last shared conversation, and begins with the first', async () => {
    await using backend = await Backend.open()
    const one = await backend.create('alice', { members: ['bob'] })
    const other = await backend.create('bob', { members: ['alice', 'carol'] })
    for (const name of ['bob', 'carol', 'dave']) await set(backend, name, 'ONLINE')
    using alice = await watch(backend, 'alice', 'bob', 'carol', 'dave')
    await backend.run(removeMember, 'alice', { conversationId: one.id, userId: user('bob') })
    await set(backend, 'bob', 'AWAY')
    await until(last(alice, 'bob AWAY'), 'presence through the other conversation')
    await backend.run(leaveConversation, 'alice', { conversationId: other.id })
    await until(() => shownTo(alice).filter(text => text.endsWith('?')).length === 3, 'the end of sharing')
    await set(backend, 'bob', 'AWAY')
    await set(backend, 'carol', 'AWAY')
    await backend.run(addMembers, 'alice', { conversationId: one.id, userIds: [user('dave')] })
    await until(last(alice, 'dave ONLINE'), 'the beginning')
    expect(shownTo(alice).slice(-3).toSorted()).toEqual(['bob OFFLINE ?', 'carol OFFLINE ?', 'dave ONLINE'])
    await backend.run(deleteConversation, 'alice', { conversationId: one.id })
    await until(last(alice, 'dave OFFLINE ?'), 'the deletion')
  })

  it('is withheld while the end of sharing may have been missed', async () => {
    const bus = new LosingBus()
    await using backend = await Backend.open(bus)
    const room = await backend.create('alice', { members: ['bob'] })
    await set(backend, 'bob', 'ONLINE')
    using alice = await watch(backend, 'alice', 'bob')
    bus.losing = true
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    bus.losing = false
    await until(last(alice, 'bob OFFLINE ?'), 'the end, found by comparing heads')
    await set(backend, 'bob', 'AWAY')
    await new Promise(resolve => setTimeout(resolve, 400))
    expect(shownTo(alice).at(-1)).toBe('bob OFFLINE ?')
  })

  it('is refused for too many users', async () => {
    const names = Array.from({ length: 201 }, (_, index) => `user-${index}`)
    expect(() => usersOfPresence(names)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
    expect(usersOfPresence(names.slice(1)).size).toBe(200)
    expect(() => usersOfPresence(['two words'])).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }))
  })
})

describe('Presence of the members of a conversation', () => {
  it('is not sent if there are too many members', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    await set(backend, 'bob', 'ONLINE')
    using presences = new PresenceListeners(backend.presences)
    const { members } = backend.store.latest
    const sent: SignalItem[] = []
    using few = new MemberPresences(room.id, { members, presences, log: silentLog, maxMembers: 2 }, item =>
      sent.push(item),
    )
    await few.load()
    expect([...few.shown()]).toHaveLength(1)
    few.joined(user('carol'))
    await until(() => [...few.shown()].length === 0, 'the third member')
    few.joined(user('bob'))
    await set(backend, 'bob', 'AWAY')
    expect([...few.shown()]).toEqual([])
    using none = new MemberPresences(room.id, { members, presences, log: silentLog, maxMembers: 1 }, item =>
      sent.push(item),
    )
    await none.load()
    expect([...none.shown()]).toEqual([])
    expect(sent).toHaveLength(1)
  })

  it('comes with the present state of those who are not OFFLINE, and follows who joins and leaves', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    for (const name of ['bob', 'dave']) await set(backend, name, 'ONLINE')
    using alice = await SignalCollector.conversation(backend, 'alice', room, ['PRESENCE'])
    expect(shownTo(alice)).toEqual(['bob ONLINE'])
    await set(backend, 'carol', 'AWAY')
    await set(backend, 'dave', 'AWAY')
    await backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('dave')] })
    await until(last(alice, 'dave AWAY'), 'the new member')
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    await set(backend, 'bob', 'AWAY')
    await set(backend, 'carol', 'OFFLINE')
    await until(last(alice, 'carol OFFLINE'), 'the change')
    expect(shownTo(alice)).toEqual(['bob ONLINE', 'carol AWAY', 'dave AWAY', 'carol OFFLINE'])
    using late = await SignalCollector.conversation(backend, 'carol', room, ['PRESENCE'])
    expect(shownTo(late)).toEqual(['dave AWAY'])
  })
})
