import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { KeyedThrottle } from '../../../src/services/concurrency/keyed-throttle.ts'
import { until } from '../../support/until.ts'

const keys = Array.from({ length: 10 }, (_, index) => `key ${index}`)

it('each key runs at once, and then once for all requests of its own interval', async () => {
  const runs = new Map<string, number[]>()
  using throttle = new KeyedThrottle<string>(200, key => {
    runs.set(key, [...(runs.get(key) ?? []), performance.now()])
    return true
  })
  const requestAll = async (waitMs: number): Promise<void> => {
    for (const key of keys) {
      throttle.request(key)
      if (waitMs > 0) await delay(waitMs)
    }
  }
  await requestAll(10)
  for (let turn = 0; turn < 5; turn += 1) await requestAll(0)
  expect(runs.size).toBe(10)
  await until(() => [...runs.values()].every(({ length }) => length === 2), 'the second runs')
  for (const [first = 0, second = 0] of runs.values()) {
    expect(second - first).toBeGreaterThan(195)
    // No key waits for another one, unless the machine is busy.
    expect(second - first).toBeLessThan(390)
  }
  await delay(250)
  expect([...runs.values()].flat()).toHaveLength(20)
})

it('a run that did nothing may be repeated at once', () => {
  const runs: string[] = []
  using throttle = new KeyedThrottle<string>(1000, key => runs.push(key) > 2)
  for (let turn = 0; turn < 5; turn += 1) throttle.request('key')
  expect(runs).toHaveLength(3)
})
