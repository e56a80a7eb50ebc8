import { expect, test } from 'vitest'
import { Backend } from '../backend.ts'
import { Collector } from './collector.ts'
import { LosingBus } from './losing-bus.ts'

test('an event that an inbox has read from the store is not delivered again when it is announced', async () => {
  const bus = new LosingBus()
  await using backend = await Backend.open(bus, { recentBytes: 0, compareEveryMs: 3_600_000 })
  const room = await backend.create('ann', { members: ['bob'] })
  using inbox = await Collector.inbox(backend, 'bob')
  inbox.pause()
  await backend.send('ann', room, 'evicted from memory')
  bus.holding = true
  await backend.send('ann', room, 'not announced yet')
  inbox.resume()
  await inbox.until(({ texts }) => texts.length === 2, 'two messages')
  bus.release()
  await backend.send('ann', room, 'as usual')
  await inbox.until(({ texts }) => texts.includes('as usual'), 'the last message')
  expect(inbox.texts).toEqual(['evicted from memory', 'not announced yet', 'as usual'])
})
