import { expect, test } from 'vitest'
import { Backend } from '../backend.ts'
import { Collector } from './collector.ts'
import { LosingBus } from './losing-bus.ts'

test('what an inbox has read in the store before it was announced is not told again when it is', async () => {
  const bus = new LosingBus()
  await using backend = await Backend.open(bus, { recentBytes: 0, compareEveryMs: 3_600_000 })
  const room = await backend.create('ann', { members: ['bob'] })
  using inbox = await Collector.inbox(backend, 'bob')
  inbox.pause()
  await backend.send('ann', room, 'forgotten by the memory')
  bus.holding = true
  await backend.send('ann', room, 'not announced yet')
  inbox.resume()
  await inbox.until(({ texts }) => texts.length === 2, 'two messages')
  bus.release()
  await backend.send('ann', room, 'as ever')
  await inbox.until(({ texts }) => texts.includes('as ever'), 'the last message')
  expect(inbox.texts).toEqual(['forgotten by the memory', 'not announced yet', 'as ever'])
})
