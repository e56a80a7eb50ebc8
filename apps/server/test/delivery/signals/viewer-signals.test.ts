import { describe, expect, it } from 'vitest'
import { removeMember } from '../../../src/services/commands/members.ts'
import { registerUser } from '../../../src/services/commands/users.ts'
import { actor, Backend, user } from '../../backend.ts'
import { until } from '../../support/until.ts'
import { SignalCollector } from './signal-collector.ts'

const follow = (backend: Backend, name: string): Promise<SignalCollector> =>
  SignalCollector.open(backend, name, stream => backend.signalService.followViewer(stream, actor(name)))

const rename = (backend: Backend, name: string, displayName: string, profileAsOf: number) =>
  backend.run(registerUser, name, { userId: user(name), displayName, avatarUrl: undefined, profileAsOf })

describe('Signals that are private to the viewer', () => {
  it('reach all devices of the user and no other user, and are coalesced', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const conversationId = room.id
    const root = await backend.send('alice', room, 'a root')
    using phone = await follow(backend, 'alice')
    using laptop = await follow(backend, 'alice')
    using bob = await follow(backend, 'bob')
    const userId = user('alice')
    for (let turn = 0; turn < 50; turn += 1)
      backend.signalBus.publish(
        { kind: 'private', userId },
        { key: { kind: 'viewerConversation', userId, conversationId }, markers: null },
      )
    backend.signalBus.publish(
      { kind: 'private', userId },
      { key: { kind: 'viewerThread', userId, conversationId, threadRootId: root.id } },
    )
    const changed = { type: 'ViewerConversationChanged', conversationId }
    const thread = { type: 'ViewerThreadChanged', conversationId, rootMessageId: root.id }
    await phone.until(({ signals }) => signals.length === 3, 'the last change')
    expect(phone.signals).toEqual([changed, thread, changed])
    expect(laptop.signals).toEqual(phone.signals)
    expect(bob.signals).toEqual([])
  })

  it('say that the profile, choice or status of the viewer changed', async () => {
    await using backend = await Backend.open()
    await rename(backend, 'alice', 'Alice', 1)
    using alice = await follow(backend, 'alice')
    await rename(backend, 'alice', 'Alice B.', 2)
    await alice.until(({ signals }) => signals.length === 1, 'the change')
    expect(alice.signals).toEqual([
      { type: 'ViewerChanged', userId: 'alice', presenceChoice: 'AUTOMATIC', statusText: null, statusExpiresAt: null },
    ])
  })

  it('bring the changed profiles of those who share a conversation with the viewer, and of no others', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    await backend.create('bob', { members: ['carol'] })
    using alice = await follow(backend, 'alice')
    using carol = await follow(backend, 'carol')
    await rename(backend, 'dave', 'Dave', 1)
    await rename(backend, 'bob', 'Bob', 1)
    const isOf = (name: string) => (collector: SignalCollector) =>
      collector.signals.some(signal => signal.type === 'UserChanged' && signal.user.displayName === name)
    await alice.until(isOf('Bob'), 'the profile')
    await carol.until(isOf('Bob'), 'the profile')
    expect(alice.signals).toHaveLength(1)
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    await rename(backend, 'bob', 'Robert', 2)
    await carol.until(isOf('Robert'), 'the next profile')
    expect(alice.signals).toHaveLength(1)
  })

  it('leave nothing behind', async () => {
    await using backend = await Backend.open()
    const alice = await follow(backend, 'alice')
    alice[Symbol.dispose]()
    await until(() => backend.signalService.openViewers === 0, 'the end')
  })
})
