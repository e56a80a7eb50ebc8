import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { SubscribeGate } from '../../src/delivery/log/subscribe-gate.ts'
import { user } from '../backend.ts'

const pace = { burst: 3, everyMs: 20, enough: 10, quietMs: 3, maxSet: 20 }

/** Whether the viewer is admitted without waiting for a timer. */
const entersAtOnce = async (gate: SubscribeGate, name: string): Promise<boolean> => {
  let entered = false
  void gate.enter(user(name)).then(() => {
    entered = true
  })
  await Promise.resolve()
  await Promise.resolve()
  return entered
}

/** Sizes of the sets that so many go in as. */
const setsOf = async (gate: SubscribeGate, names: readonly string[]) => {
  const order: string[] = []
  const sets: number[] = []
  await Promise.all(
    names.map(async name => {
      await gate.enter(user(name))
      order.push(name)
      if (sets.length === 0 || sets.at(-1) === 0) sets.push(0)
      sets.push((sets.pop() ?? 0) + 1)
      setImmediate(() => {
        if (sets.at(-1) !== 0) sets.push(0)
      })
    }),
  )
  return { order, sets: sets.filter(size => size > 0) }
}

describe('a subscribe gate', () => {
  it('admits at once after a quiet time', async () => {
    // So slow that a busy machine earns no credit between two of them.
    const slow = { ...pace, everyMs: 500 }
    const gate = new SubscribeGate(slow)
    for (const name of ['a', 'b', 'c']) {
      expect(await entersAtOnce(gate, name)).toBe(true)
      await turn()
    }
    expect(await entersAtOnce(gate, 'd')).toBe(false)
    await delay(3 * slow.everyMs)
    expect(await entersAtOnce(gate, 'e')).toBe(true)
  })

  it('admits a viewer again and again: one client with many streams is not a storm', async () => {
    const gate = new SubscribeGate({ ...pace, burst: 1 })
    for (let count = 0; count < 50; count += 1) {
      expect(await entersAtOnce(gate, 'a')).toBe(true)
      await turn()
    }
  })

  it('admits a storm in order of arrival, in sets of a bounded size', async () => {
    const names = Array.from({ length: 95 }, (_, index) => `user-${index}`)
    const { order, sets } = await setsOf(new SubscribeGate(pace), names)
    expect(order).toEqual(names)
    // The end of one set may fall into the turn of the next.
    expect(Math.max(...sets)).toBeLessThanOrEqual(2 * pace.maxSet)
    expect(sets.length).toBeLessThanOrEqual(pace.burst + Math.ceil(95 / pace.maxSet))
  })

  it('keeps few who come one by one waiting for one pause and no longer', async () => {
    const gate = new SubscribeGate({ ...pace, burst: 1 })
    await gate.enter(user('first'))
    await turn()
    const began = performance.now()
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(name => gate.enter(user(name))))
    expect(performance.now() - began).toBeLessThan(10 * pace.everyMs)
  })
})
