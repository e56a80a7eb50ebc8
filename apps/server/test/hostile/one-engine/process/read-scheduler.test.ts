import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReadScheduler, type ReadUsage } from '../../../../src/infrastructure/storage/read-scheduler.ts'

const work = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** A session that reads, each time for so many milliseconds; answers after how many turns of the loop it was done. */
const reading = async (scheduler: ReadScheduler, reads: number, ms: number, turn: () => number): Promise<number> => {
  const usage: ReadUsage = { ms: 0 }
  for (let index = 0; index < reads; index += 1) {
    const admitted = scheduler.admit(usage)
    if (admitted !== undefined) await admitted
    const began = performance.now()
    work(ms)
    scheduler.ran(usage, began)
  }
  return turn()
}

/** Counts turns of the event loop until it is disposed of. */
const countTurns = (): Disposable & { readonly count: number } => {
  let count = 0
  let immediate = setImmediate(function again() {
    count += 1
    immediate = setImmediate(again)
  })
  return {
    get count() {
      return count
    },
    [Symbol.dispose]: () => clearImmediate(immediate),
  }
}

test('a read at a quiet time waits for nothing', () => {
  expect(new ReadScheduler().admit({ ms: 0 })).toBeUndefined()
})

test('reads that take long give the event loop a turn in between', async () => {
  using turns = countTurns()
  const scheduler = new ReadScheduler()
  // 10 sessions of 60 ms each: in turns of 10 ms and the rest of a read these are 40 turns at least.
  await Promise.all(Array.from({ length: 10 }, () => reading(scheduler, 20, 3, () => turns.count)))
  expect(turns.count).toBeGreaterThan(35)
})

test('a session that has read little goes before those that have read much, and they go on meanwhile', async () => {
  using turns = countTurns()
  const scheduler = new ReadScheduler()
  const heavy = Array.from({ length: 5 }, () => reading(scheduler, 20, 5, () => turns.count))
  await nextTurn()
  await nextTurn()
  const before = turns.count
  const light = await reading(scheduler, 1, 1, () => turns.count)
  expect(light - before).toBeLessThan(4)
  const done = await Promise.all(heavy)
  expect(Math.min(...done)).toBeGreaterThan(light)
})

test('every read has its turn, whatever comes beside it', async () => {
  const session = fc.record({ reads: fc.nat(8), ms: fc.integer({ min: 0, max: 3 }), after: fc.nat(3) })
  await fc.assert(
    fc.asyncProperty(fc.array(session, { maxLength: 8 }), async sessions => {
      using turns = countTurns()
      const scheduler = new ReadScheduler()
      const started = sessions.map(async ({ reads, ms, after }) => {
        for (let index = 0; index < after; index += 1) await nextTurn()
        return reading(scheduler, reads, ms, () => turns.count)
      })
      expect(await Promise.all(started)).toHaveLength(sessions.length)
    }),
    { numRuns: 40 },
  )
})
