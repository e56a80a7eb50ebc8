import type { Conversation } from '@cpc-messenger/messenger'
import { expect, it } from 'vitest'
import { addMembers } from '../../../src/services/commands/members.ts'
import { actor, Backend, user } from '../../backend.ts'
import { SignalCollector } from './signal-collector.ts'

const markersIn = ({ signals }: SignalCollector) =>
  new Map(
    signals.flatMap(signal =>
      signal.type === 'ReadMarkerMoved'
        ? [[String(signal.userId), [signal.readSequence, signal.deliveredSequence]] as const]
        : [],
    ),
  )

const readUpTo = ({ markers }: Backend, name: string, { id }: Conversation, sequence: number) =>
  markers.markRead({ conversationId: id, sequence }, actor(name))

it('The markers of all members come first, then those that move; who joins has read up to the joining', async () => {
  await using backend = await Backend.open()
  const room = await backend.create('alice', { members: ['bob', 'carol'] })
  const { sequence } = await backend.send('alice', room, 'hello')
  await readUpTo(backend, 'bob', room, sequence)
  const joined = (await backend.store.latest.members.page({ conversationId: room.id, limit: 3 })).map(
    ({ userId, joinedSequence }) => [userId, joinedSequence] as const,
  )
  const joinedAt = new Map<string, number>(joined)
  using alice = await SignalCollector.conversation(backend, 'alice', room, ['READ_MARKERS'])
  expect(markersIn(alice)).toEqual(
    new Map([
      ['alice', [sequence, sequence]],
      ['bob', [sequence, sequence]],
      ['carol', [joinedAt.get('carol'), joinedAt.get('carol')]],
    ]),
  )
  await readUpTo(backend, 'carol', room, sequence)
  await alice.until(() => markersIn(alice).get('carol')?.[0] === sequence, 'the marker')
  await backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('dave')] })
  using bob = await SignalCollector.conversation(backend, 'bob', room, ['READ_MARKERS'])
  expect(markersIn(bob).get('carol')).toEqual([sequence, sequence])
  expect(markersIn(bob).get('dave')?.[0]).toBeGreaterThan(sequence)
  expect(bob.signals).toHaveLength(4)
})
