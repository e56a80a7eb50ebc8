import { expect, test } from 'vitest'
import { Backend } from '../backend.ts'
import { Collector } from './collector.ts'
import { LosingBus } from './losing-bus.ts'

test('an inbox has a conversation whose notice was lost by the next comparison, and everything since the joining', async () => {
  const bus = new LosingBus()
  await using backend = await Backend.open(bus, { inboxEveryMs: 3_600_000, compareEveryMs: 50 })
  const before = await backend.create('ann', { members: ['bob'] })
  using inbox = await Collector.inbox(backend, 'bob')
  await inbox.until(({ items }) => items.some(({ kind }) => kind === 'position'), 'a position')
  bus.losing = true
  bus.losingNotices = true
  // The first comparison takes the mark that later ones go by.
  await backend.hub.comparison.run()
  await backend.hub.comparison.run()
  const after = await backend.create('ann', { members: ['bob', 'eve'] })
  await backend.send('ann', after, 'you have joined')
  await inbox.until(({ texts }) => texts.includes('you have joined'), 'the message')
  const sequences = inbox.events.flatMap(event => (event.conversationId === after.id ? [event.sequence] : []))
  expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index))
  expect(inbox.events.find(event => event.conversationId === after.id)?.type).toBe('MemberJoined')
  await backend.send('ann', before, 'and here as before')
  await inbox.until(({ texts }) => texts.includes('and here as before'), 'the other message')
})
