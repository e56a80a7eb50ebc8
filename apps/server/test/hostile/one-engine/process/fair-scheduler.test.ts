import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CpuAccount } from '../../../../src/infrastructure/scheduling/cpu-account.ts'
import { FairScheduler, keyOfAddress } from '../../../../src/infrastructure/scheduling/fair-scheduler.ts'

const work = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

/** A request of one user, which takes so many milliseconds. */
const request = async (scheduler: FairScheduler, key: string, ms: number): Promise<void> => {
  if (!scheduler.admits(scheduler.of(key))) await scheduler.turn(scheduler.of(key))
  work(ms)
  scheduler.ran(scheduler.of(key))
}

/** Pieces of one work, each of so many milliseconds. */
const pieces = async (scheduler: FairScheduler, account: CpuAccount, count: number, ms: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) {
    if (!scheduler.admitsPiece(account)) await scheduler.turn(account)
    work(ms)
    scheduler.ran(account)
  }
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

describe('a scheduler that is fair to users', () => {
  it('runs work of a user who has used little at once, however much work of another user waits', async () => {
    const scheduler = new FairScheduler()
    await request(scheduler, 'ann', 1)
    const flood = Array.from({ length: 20 }, () => request(scheduler, 'mallory', 1))
    expect(scheduler.admits(scheduler.of('mallory'))).toBe(false)
    expect(scheduler.admits(scheduler.of('ann'))).toBe(true)
    await Promise.all(flood)
  })

  it('gives a user who uses too much a small part of each turn while others are active', async () => {
    using turns = countTurns()
    const scheduler = new FairScheduler()
    await request(scheduler, 'ann', 0)
    const flood = Array.from({ length: 40 }, () => request(scheduler, 'mallory', 1))
    for (let round = 0; round < 40; round += 1) {
      await request(scheduler, 'ann', 0)
      await nextTurn()
    }
    await Promise.all(flood)
    // 4 ms at once, and then one in each turn.
    expect(turns.count).toBeGreaterThanOrEqual(34)
  })

  it('lets a user who is alone use whole turns', async () => {
    using turns = countTurns()
    const scheduler = new FairScheduler()
    const begun = performance.now()
    await pieces(scheduler, scheduler.of('ann'), 64, 1)
    expect(turns.count).toBeGreaterThanOrEqual(7)
    // Of 8 ms each, though the machine may do something else in between.
    expect(turns.count).toBeLessThanOrEqual((performance.now() - begun) / 8 + 4)
  })

  it('counts neither deliveries nor an address as another user who shares the turns', () => {
    const scheduler = new FairScheduler()
    for (let round = 0; round < 40; round += 1) {
      for (const account of [new CpuAccount(), scheduler.of(keyOfAddress('192.0.2.1'))]) {
        expect(scheduler.admits(account)).toBe(true)
        scheduler.ran(account)
      }
      expect(scheduler.admits(scheduler.of('ann'))).toBe(true)
      work(1)
      scheduler.ran(scheduler.of('ann'))
    }
  })

  it('gives the event loop a turn between pieces, of any user', async () => {
    using turns = countTurns()
    const scheduler = new FairScheduler()
    // 400 ms: each turn takes 8 ms and the rest of a piece.
    await Promise.all(Array.from({ length: 10 }, () => pieces(scheduler, new CpuAccount(), 20, 2)))
    expect(turns.count).toBeGreaterThanOrEqual(35)
  })

  it('runs users who have used less first, and continues the others meanwhile', async () => {
    const scheduler = new FairScheduler()
    const order: string[] = []
    const all = ['mallory', 'mallory', 'eve', 'ann'].map(async (key, index) => {
      if (index === 0) await pieces(scheduler, scheduler.of('mallory'), 12, 2)
      if (index === 2) await pieces(scheduler, scheduler.of('eve'), 4, 2)
      await pieces(scheduler, scheduler.of(key), 1, 1)
      order.push(key)
    })
    await Promise.all(all)
    expect(order.indexOf('ann')).toBeLessThan(order.indexOf('eve'))
    expect(order.lastIndexOf('mallory')).toBe(3)
  })

  it('runs work that cannot be divided in a turn of its own', async () => {
    using turns = countTurns()
    const scheduler = new FairScheduler()
    const seen = await Promise.all(
      Array.from({ length: 5 }, () => scheduler.ownTurn(scheduler.of('ann')).then(() => turns.count)),
    )
    expect(new Set(seen).size).toBe(5)
  })

  it('loses nothing, keeps the order of each user, and starves no user', async () => {
    const asked = fc.record({
      key: fc.constantFrom('ann', 'bob', 'eve', undefined),
      ms: fc.constantFrom(0, 0, 0.2, 1, 3),
      turns: fc.constantFrom(0, 0, 0, 1, 2),
      how: fc.constantFrom('turn', 'ownTurn', 'defer'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { maxLength: 40 }), async all => {
        const scheduler = new FairScheduler()
        const noUser = new CpuAccount()
        const done: (readonly [string | undefined, number])[] = []
        const running: Promise<void>[] = []
        for (const [index, { key, ms, turns, how }] of all.entries()) {
          const account = key === undefined ? noUser : scheduler.of(key)
          const run = (): void => {
            work(ms)
            done.push([key, index])
          }
          running.push(
            how === 'defer'
              ? new Promise(resolve => scheduler.defer(account, () => resolve(run())))
              : scheduler[how](account).then(run),
          )
          for (let turn = 0; turn < turns; turn += 1) await nextTurn()
        }
        await Promise.all(running)
        expect(done).toHaveLength(all.length)
        for (const own of Map.groupBy(done, ([key]) => key).values())
          expect(own).toEqual(own.toSorted(([, one], [, other]) => one - other))
      }),
      { numRuns: 60 },
    )
  })

  it('continues the work of a user who used too much, however many others keep it busy', async () => {
    const scheduler = new FairScheduler()
    let over = false
    const busy = Array.from({ length: 12 }, async (_, index) => {
      while (!over) {
        await scheduler.turn(scheduler.of(`user${index}`))
        work(1)
      }
    })
    scheduler.use(scheduler.of('mallory'), 5000)
    for (let index = 0; index < 10; index += 1) await request(scheduler, 'mallory', 2)
    over = true
    await Promise.all(busy)
  })
})
