import { expect, it } from 'vitest'
import { updateConversation } from '../../src/services/commands/conversations.ts'
import { addMembers } from '../../src/services/commands/members.ts'
import { Backend, user } from '../backend.ts'
import { Collector } from './collector.ts'

it('a ConversationUpdated that is replayed from memory brings the conversation as it is now', async () => {
  await using backend = await Backend.open()
  const room = await backend.create('alice', { members: ['bob'] })
  using _alice = await Collector.conversation(backend, 'alice', room)
  await backend.run(updateConversation, 'alice', { conversationId: room.id, name: 'renamed' } as never)
  await backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('carol')] } as never)
  const [stored] = await backend.store.latest.conversations.byIds([room.id])
  using bob = await Collector.conversation(backend, 'bob', room, { after: room.lastSequence })
  await bob.until(({ events }) => events.some(({ type }) => type === 'ConversationUpdated'), 'the renaming')
  const item = bob.items.find(one => one.kind === 'event' && one.event.type === 'ConversationUpdated')
  expect(item).toMatchObject({ conversation: { memberCount: stored?.memberCount, lastSequence: stored?.lastSequence } })
})
