import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UserSemaphore } from '../../../../src/services/limits/user-semaphore.ts'
import { silentMeter } from '../../../../src/services/telemetry/meter.ts'
import { userId } from '../../../storage/named-ids.ts'

const [ann, bob, eve] = [userId('ann'), userId('bob'), userId('eve')]

/** Resolves with whether the promise has settled after everything that is due. */
const isSettled = (promise: unknown): Promise<boolean> =>
  Promise.race([Promise.resolve(promise).then(() => true), delay(1).then(() => false)])

describe('permits of users', () => {
  it('are given one at a time to a user who exceeds a fair share, and more once that is over', async () => {
    let heavy = true
    const exceedsShare = (id: string): boolean => heavy && id === ann
    const semaphore = new UserSemaphore({ meter: silentMeter, total: 6, perUser: 3, exceedsShare })
    const [first, second, third] = [semaphore.acquire(ann), semaphore.acquire(ann), semaphore.acquire(ann)]
    expect(await isSettled(second)).toBe(false)
    expect(await isSettled(Promise.all([semaphore.acquire(bob), semaphore.acquire(bob)]))).toBe(true)
    ;(await first)[Symbol.dispose]()
    expect(await isSettled(second)).toBe(true)
    expect(await isSettled(third)).toBe(false)
    heavy = false
    const fourth = semaphore.acquire(ann)
    expect(await isSettled(third)).toBe(true)
    expect(await isSettled(fourth)).toBe(true)
    ;(await second)[Symbol.dispose]()
  })

  it('are given to waiting operations, and not refused, once the user no longer exceeds the share', async () => {
    let heavy = true
    const semaphore = new UserSemaphore({ meter: silentMeter, perUser: 3, exceedsShare: () => heavy, waitMs: 20 })
    const first = await semaphore.acquire(ann)
    const second = semaphore.acquire(ann)
    expect(await isSettled(second)).toBe(false)
    heavy = false
    ;(await second)[Symbol.dispose]()
    first[Symbol.dispose]()

    heavy = true
    const held = await semaphore.acquire(ann)
    await expect(Promise.resolve(semaphore.acquire(ann))).rejects.toThrow('take too long')
    held[Symbol.dispose]()
  })

  it('are given at once while there are some, and never more than so many to one user', async () => {
    const semaphore = new UserSemaphore({ meter: silentMeter, total: 6, perUser: 3 })
    const held = [semaphore.acquire(ann), semaphore.acquire(ann), semaphore.acquire(ann)]
    const fourth = semaphore.acquire(ann)
    expect(await isSettled(fourth)).toBe(false)
    expect(await isSettled(semaphore.acquire(bob))).toBe(true)
    ;(await held[0])?.[Symbol.dispose]()
    expect(await isSettled(fourth)).toBe(true)
  })

  it('are given to no one whose answers are not taken, until they are, and to others all the while', async () => {
    const semaphore = new UserSemaphore({ meter: silentMeter, total: 6, perUser: 3, maxUnsentPerUser: 100 })
    const [first, second] = [semaphore.holdUnsent(ann, 60), semaphore.holdUnsent(ann, 60)]
    const waiting = [semaphore.acquire(ann), semaphore.acquire(ann)]
    expect(await isSettled(waiting[0] ?? first)).toBe(false)
    expect(await isSettled(semaphore.acquire(bob))).toBe(true)
    first()
    first()
    expect(await isSettled(Promise.all(waiting))).toBe(true)
    semaphore.holdUnsent(ann, 140)
    expect(() => semaphore.requireRoom(ann)).toThrow('have not read your answers')
    second()
    expect(() => semaphore.requireRoom(ann)).not.toThrow()
  })

  it('go to the user with the fewest when one is released, however many of another wait', async () => {
    const semaphore = new UserSemaphore({ meter: silentMeter, total: 4, perUser: 3 })
    const held = [ann, ann, bob, bob].map(user => semaphore.acquire(user))
    const waiting = Array.from({ length: 50 }, () => semaphore.acquire(ann))
    const hers = semaphore.acquire(eve)
    expect(await isSettled(hers)).toBe(false)
    ;(await held[2])?.[Symbol.dispose]()
    expect(await isSettled(hers)).toBe(true)
    expect(await isSettled(waiting[0] ?? hers)).toBe(false)
  })

  it('are refused with a time to wait where too many wait, and where no one gives one back', async () => {
    const refused: string[] = []
    const meter = { limitReached: (limit: string) => void refused.push(limit) }
    const semaphore = new UserSemaphore({ meter, total: 1, perUser: 1, maxWaitingPerUser: 2, waitMs: 20 })
    const held = await semaphore.acquire(ann)
    const waiting = [semaphore.acquire(ann), semaphore.acquire(ann)]
    expect(() => semaphore.requireRoom(ann)).toThrow(
      expect.objectContaining({ code: 'RATE_LIMITED', details: { retryAfterMs: 1000 } }),
    )
    semaphore.requireRoom(bob)
    for (const result of await Promise.allSettled(waiting))
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'RATE_LIMITED' } })
    expect(refused).toEqual(Array(3).fill('waitingOperationsPerUser'))
    held[Symbol.dispose]()
    semaphore.requireRoom(ann)
    expect(await isSettled(semaphore.acquire(ann))).toBe(true)
  })

  it('are all granted in the end, and all released', async () => {
    const work = fc.record({ user: fc.constantFrom(ann, bob, eve), turns: fc.nat(4) })
    await fc.assert(
      fc.asyncProperty(fc.array(work, { maxLength: 60 }), async works => {
        const semaphore = new UserSemaphore({ meter: silentMeter, total: 4, perUser: 2 })
        const holding = new Map<string, number>()
        await Promise.all(
          works.map(async ({ user, turns }) => {
            using _permit = await semaphore.acquire(user)
            holding.set(user, (holding.get(user) ?? 0) + 1)
            expect(holding.get(user)).toBeLessThanOrEqual(2)
            expect([...holding.values()].reduce((sum, count) => sum + count)).toBeLessThanOrEqual(4)
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
            holding.set(user, (holding.get(user) ?? 0) - 1)
          }),
        )
        for (const user of [ann, ann, bob, bob]) expect(await isSettled(semaphore.acquire(user))).toBe(true)
      }),
    )
  })
})
