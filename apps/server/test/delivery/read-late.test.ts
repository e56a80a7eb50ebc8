import type { ConversationUser, Membership } from '@cpc-messenger/messenger'
import { expect, test, vi } from 'vitest'
import { addMembers, leaveConversation } from '../../src/services/commands/members.ts'
import { Backend, user } from '../backend.ts'
import { Collector } from './collector.ts'

/** Delays the results of these reads until they are released; they show what was stored when they were read. */
const holdAnswers = <Name extends string, Key, Row>(
  reader: { [Read in Name]: (keys: readonly Key[]) => Promise<readonly Row[]> },
  name: Name,
) => {
  const { promise: open, resolve: letThrough } = Promise.withResolvers<void>()
  const read = reader[name]
  let asked = 0
  reader[name] = async keys => {
    const answer = await read(keys)
    asked += 1
    await open
    return answer
  }
  return { letThrough, asked: () => asked }
}

const isLive = ({ items }: Collector) => items.some(({ kind }) => kind === 'position')

test('conversations that were read before one was left do not bring it back into the inbox', async () => {
  await using backend = await Backend.open(undefined, { inboxEveryMs: 20 })
  const room = await backend.create('ann', { members: ['bob'] })
  const other = await backend.create('ann', { members: ['bob'] })
  using inbox = await Collector.inbox(backend, 'bob')
  await inbox.until(isLive, 'a position')
  const held = holdAnswers(backend.store.latest.inbox, 'ofUsers')
  await expect.poll(held.asked).toBe(1)
  await backend.run(leaveConversation, 'bob', { conversationId: room.id })
  await inbox.until(({ events }) => events.length === 1, 'the leaving')
  held.letThrough()
  await expect.poll(held.asked).toBeGreaterThan(2)
  await backend.send('ann', other, 'as ever')
  await inbox.until(({ texts }) => texts.length === 1, 'the message')
  expect(inbox.events.map(({ type }) => type)).toEqual(['MemberLeft', 'MessageCreated'])
})

test('a membership that was read before it ended does not bring its conversation back into the inbox', async () => {
  await using backend = await Backend.open(undefined, { inboxEveryMs: 50 })
  const room = await backend.create('ann')
  const other = await backend.create('ann', { members: ['bob'] })
  using inbox = await Collector.inbox(backend, 'bob')
  await inbox.until(isLive, 'a position')
  const held = holdAnswers<'byPairs', ConversationUser, Membership>(backend.store.latest.members, 'byPairs')
  await backend.run(addMembers, 'ann', { conversationId: room.id, userIds: [user('bob')] })
  await inbox.until(({ events }) => events.length === 1, 'the joining')
  expect(held.asked()).toBe(1)
  await backend.run(leaveConversation, 'bob', { conversationId: room.id })
  await inbox.until(({ events }) => events.length === 2, 'the leaving')
  held.letThrough()
  await backend.send('ann', other, 'as ever')
  await inbox.until(({ texts }) => texts.length === 1, 'the message')
  expect(inbox.events.map(({ type }) => type)).toEqual(['MemberJoined', 'MemberLeft', 'MessageCreated'])
})

test('a user who joins again while their inbox is opened continues from their position', async () => {
  await using backend = await Backend.open()
  const room = await backend.create('ann', { members: ['bob'] })
  await backend.run(leaveConversation, 'bob', { conversationId: room.id })
  const left = room.lastSequence + 1
  await backend.send('ann', room, 'while bob was away')
  const { inbox: reader } = backend.store.latest
  const read = reader.ofUsers
  let reads = 0
  vi.spyOn(reader, 'ofUsers').mockImplementation(async ids => {
    const answer = await read(ids)
    reads += 1
    // The second one is that by which the inbox is opened.
    if (reads === 2) await backend.run(addMembers, 'ann', { conversationId: room.id, userIds: [user('bob')] })
    return answer
  })
  using inbox = await Collector.inbox(backend, 'bob', { after: new Map([[room.id, left]]) })
  await backend.send('ann', room, 'back again')
  await inbox.until(({ texts }) => texts.includes('back again'), 'the message')
  expect(inbox.items.filter(({ kind }) => kind === 'refused')).toEqual([])
  expect(inbox.sequences).toEqual([left + 1, left + 2, left + 3])
})
