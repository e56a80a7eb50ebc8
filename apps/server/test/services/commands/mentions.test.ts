import { describe, expect, it } from 'vitest'
import { deleteMessage, updateMessage } from '../../../src/services/commands/messages.ts'
import { Backend, user } from '../../backend.ts'

/** Edits of one message of alice, read by bob after the first of them; how many mentions bob has not read then. */
const edits: readonly (readonly [string, readonly string[], number])[] = [
  ['a mention that is added', ['hello', 'hello <@bob>'], 1],
  ['a mention that stays', ['hello <@bob>', 'hello again <@bob>'], 0],
  ['a mention that is taken away', ['hello <@bob>', 'hello'], 0],
  ['a mention that is taken away and added again', ['hello <@bob>', 'hello', 'hello <@bob>'], 1],
  ['a name to which everyone is added', ['<@bob>', '<@bob> <@everyone>'], 0],
  ['a name that everyone replaces', ['<@bob>', '<@everyone>'], 0],
  ['everyone, which a name replaces', ['<@everyone>', '<@bob>'], 0],
  ['everyone, which stays', ['<@everyone>', '<@everyone>!'], 0],
  ['everyone, replaced by another name', ['<@everyone>', '<@carol>'], 0],
  ['everyone, taken away and added again', ['<@everyone>', 'hello', '<@everyone>'], 1],
  ['a name, everyone, and the name again', ['<@bob>', '<@everyone>', '<@bob>'], 0],
  ['a name, everyone, and neither', ['<@bob>', '<@everyone>', 'hello'], 0],
  ['a name of another user, and everyone', ['<@carol>', '<@everyone>'], 1],
]

describe('an edit', () => {
  it.each(edits)('with %s', async (_, [first = '', ...later], expected) => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    const message = await backend.send('alice', room, first)
    const pair = { conversationId: room.id, userId: user('bob') }
    backend.store.markers.move([
      {
        ...pair,
        readSequence: message.sequence,
        deliveredSequence: message.sequence,
        shownReadSequence: message.sequence,
        shownDeliveredSequence: message.sequence,
      },
    ])
    for (const text of later)
      await backend.run(updateMessage, 'alice', {
        messageId: message.id,
        content: { text, format: 'PLAIN' },
        expectedVersion: null,
      })
    expect(await backend.store.latest.viewerStates.unread([pair])).toMatchObject([{ count: 0, mentions: expected }])
    await backend.run(deleteMessage, 'alice', { messageId: message.id })
    expect(await backend.store.latest.viewerStates.unread([pair])).toMatchObject([{ count: 0, mentions: 0 }])
    const { rows } = await backend.reading('bob').mentions(undefined, 10)
    expect(rows).toEqual([])
  })
})
