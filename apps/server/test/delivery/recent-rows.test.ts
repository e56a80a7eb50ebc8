import type { Conversation, MessageId } from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DeliveredEvent } from '../../src/delivery/log/stream-item.ts'
import { deleteMessage } from '../../src/services/commands/messages.ts'
import { addReaction, removeReaction } from '../../src/services/commands/reactions.ts'
import { registerUser } from '../../src/services/commands/users.ts'
import { RecentUsers } from '../../src/services/reads/recent-users.ts'
import { Backend, user } from '../backend.ts'
import { Collector } from './collector.ts'
import { LosingBus } from './losing-bus.ts'

const names = Array.from({ length: 12 }, (_, index) => `user${index}`)
const emojis = ['👍', '🎉', '🚀']

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('add'), who: fc.nat(11), emoji: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove'), who: fc.nat(11), emoji: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('look'), who: fc.nat(11), emoji: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose'), who: fc.nat(11), emoji: fc.nat(2) }) },
)

const never = { compareEveryMs: 1_000_000, inboxEveryMs: 1_000_000 }

/** The newest event of a log, whose answers need rows. */
const newestOf = async (backend: Backend, room: Conversation): Promise<DeliveredEvent> => {
  const [{ head = 0 } = {}] = await backend.store.latest.log.heads([room.id])
  const { events } = await backend.store.latest.log.page({ conversationId: room.id, after: head - 1, limit: 1 })
  const [event] = events
  if (event === undefined) throw new TypeError('the log is empty')
  return { kind: 'event', event, asOf: head }
}

describe('the reactions that an answer needs', () => {
  it('equal those of the store, with any sequence of received events and reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async steps => {
        const bus = new LosingBus()
        await using backend = await Backend.open(bus, never)
        const room = await backend.create('alice', { members: names })
        using _follower = await Collector.conversation(backend, 'alice', room)
        const { id: messageId } = await backend.send('alice', room, 'react to this')
        const look = async (): Promise<void> => {
          const rows = backend.subscriptionService.rowsOf(await newestOf(backend, room))
          expect(await rows.reactions.summaries([messageId])).toEqual(
            await backend.store.latest.reactions.summaries([messageId]),
          )
        }
        for (const { kind, who, emoji } of steps) {
          const reaction = { messageId, emoji: emojis[emoji] ?? '' }
          if (kind === 'look') await look()
          else if (kind === 'remove') await backend.run(removeReaction, names[who] ?? '', reaction)
          else {
            bus.losing = kind === 'lose'
            await backend.run(addReaction, names[who] ?? '', reaction)
            bus.losing = false
            if (kind === 'lose') await backend.hub.comparison.run()
          }
        }
        await look()
      }),
      { numRuns: 15 },
    )
  }, 60_000)

  it('are counted as events are received: nothing is read for a message that was sent while a user follows', async () => {
    await using backend = await Backend.open(new LosingBus(), never)
    const room = await backend.create('alice', { members: ['bob'] })
    using _follower = await Collector.conversation(backend, 'alice', room)
    const { id: messageId } = await backend.send('alice', room, 'one')
    for (const name of ['alice', 'bob']) await backend.run(addReaction, name, { messageId, emoji: '👍' })
    const rows = backend.subscriptionService.rowsOf(await newestOf(backend, room))
    const before = backend.reads.count
    expect(await rows.reactions.summaries([messageId])).toEqual([{ messageId, emoji: '👍', count: 2 }])
    expect(backend.reads.count).toBe(before)
  })
})

describe('a message that an answer quotes', () => {
  it('is read once, and is never shown after it was deleted', async () => {
    await using backend = await Backend.open(new LosingBus(), never)
    const room = await backend.create('alice')
    const { id } = await backend.send('alice', room, 'quoted words')
    using _follower = await Collector.conversation(backend, 'alice', room)
    await backend.send('alice', room, 'an answer')
    const event = await newestOf(backend, room)
    const quoted = async (messageId: MessageId) =>
      (await backend.subscriptionService.rowsOf(event).messages.byIds([messageId])).map(({ content }) => content.kind)
    const before = await backend.readsSoFar()
    expect([await quoted(id), await quoted(id)]).toEqual([['text'], ['text']])
    expect(backend.reads.count - before).toBe(1)
    await backend.run(deleteMessage, 'alice', { messageId: id })
    expect(await quoted(id)).toEqual(['deleted'])
  })
})

describe('recent users', () => {
  it('are read once for a while, and again as soon as they have changed', async () => {
    const recent = new RecentUsers()
    await using backend = await Backend.open(new LosingBus(), never, recent)
    await backend.create('alice')
    const { users } = backend.store.latest
    const nameOf = async () => (await recent.read([user('alice')], ids => users.byIds(ids)))[0]?.displayName
    const before = backend.reads.count
    const names = [await nameOf(), await nameOf()]
    expect(new Set(names).size).toBe(1)
    expect(backend.reads.count - before).toBe(1)
    const renamed = { userId: user('alice'), displayName: 'Alice A.', avatarUrl: undefined, profileAsOf: 1 }
    await backend.run(registerUser, 'alice', renamed)
    expect(await nameOf()).toBe('Alice A.')
  })

  it('whose read fails are read again', async () => {
    const recent = new RecentUsers()
    await expect(recent.read([user('alice')], () => Promise.reject(new TypeError('no database')))).rejects.toThrow()
    expect(await recent.read([user('alice')], async () => [])).toEqual([])
  })
})
