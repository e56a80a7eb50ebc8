import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { DeliveryWatch } from '../../src/delivery/log/delivery-watch.ts'
import { Backend } from '../backend.ts'
import { Collector } from './collector.ts'

class Seen {
  readonly fanOuts: number[] = []
  readonly seconds: number[] = []

  fannedOut(subscribers: number, events: number): void {
    for (let count = 0; count < events; count += 1) this.fanOuts.push(subscribers)
  }

  deliveredAfter(seconds: number): void {
    this.seconds.push(seconds)
  }
}

const open = async (): Promise<{ backend: Backend; seen: Seen }> => {
  const seen = new Seen()
  const clock = { now: (): number => backend.clock.now() }
  const backend: Backend = await Backend.open(undefined, { watch: new DeliveryWatch({ meter: seen, clock }) })
  return { backend, seen }
}

it('an event counts for as many as follow its log here', async () => {
  const { backend, seen } = await open()
  await using _closed = backend
  const room = await backend.create('alice', { members: ['bob'] })
  await backend.send('alice', room, 'without followers')
  expect(seen.fanOuts).toEqual([])
  using alice = await Collector.conversation(backend, 'alice', room)
  await backend.send('alice', room, 'for one')
  using bob = await Collector.inbox(backend, 'bob')
  await Promise.all([backend.send('alice', room, 'for two'), backend.send('bob', room, 'for two as well')])
  await alice.until(({ texts }) => texts.length === 3, 'three messages')
  await bob.until(({ texts }) => texts.length === 2, 'two messages')
  expect(seen.fanOuts).toEqual([1, 2, 2])
  expect(seen.seconds).toEqual([0, 0, 0, 0, 0])
})

it('the delay of delivery is measured for live events, not for replayed ones', async () => {
  const { backend, seen } = await open()
  await using _closed = backend
  const room = await backend.create('alice', { members: ['bob'] })
  await backend.send('alice', room, 'before')
  backend.clock.advance(60)
  using slow = await Collector.conversation(backend, 'alice', room, { after: 0 })
  using quick = await Collector.conversation(backend, 'bob', room)
  await slow.until(({ texts }) => texts.includes('before'), 'the replay')
  expect(seen.seconds).toEqual([])
  slow.pause()
  backend.clock.advance(1)
  await backend.send('alice', room, 'now')
  await quick.until(({ texts }) => texts.length === 1, 'the message')
  expect(seen.seconds).toEqual([0])
  backend.clock.advance(7)
  await turn()
  slow.resume()
  await slow.until(({ texts }) => texts.includes('now'), 'the message')
  expect(seen.seconds).toEqual([0, 7])
})
