import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../../src/services/commit/command.ts'
import { takeFairShare } from '../../../src/services/commit/fair-share.ts'
import { Lane } from '../../../src/services/commit/lane.ts'
import { Lanes } from '../../../src/services/commit/lanes.ts'
import { Backend, user } from '../../backend.ts'

interface Asked extends Command {
  readonly number: number
}

let made = 0
const command = (name: string, conversation?: string): Asked => {
  made += 1
  return {
    number: made,
    userId: user(name),
    needs: conversation === undefined ? {} : { idempotencyKeys: [{ userId: user(name), key: conversation }] },
    decide: () => () => undefined,
    reject: () => undefined,
  }
}

const countOf = (commands: readonly Command[], name: string): number =>
  commands.filter(({ userId }) => userId === name).length

/** Records batches, and finishes one only when the test says so. */
class HeldRuns {
  readonly batches: (readonly Command[])[] = []
  #next = Promise.withResolvers<void>()

  readonly run = async (commands: readonly Command[]): Promise<readonly Command[]> => {
    this.batches.push(commands)
    await this.#next.promise
    return []
  }

  async finishOne(): Promise<void> {
    const before = this.batches.length
    this.#next.resolve()
    this.#next = Promise.withResolvers()
    await expect.poll(() => this.batches.length).toBeGreaterThan(before)
  }
}

describe('a fair share of what waits', () => {
  const waiting = fc.array(fc.constantFrom('alice', 'bob', 'carol', 'dave', 'mallory', 'mallory', 'mallory'), {
    minLength: 1,
    maxLength: 200,
  })

  it('is as many as there is room for, each once, and those of one user in their order', () => {
    fc.assert(
      fc.property(waiting, fc.nat({ max: 199 }), (names, wanted) => {
        const commands = names.map(name => command(name))
        const count = Math.min(wanted, commands.length)
        const { taken, left } = takeFairShare(commands, count)
        expect(taken).toHaveLength(count)
        expect(new Set([...taken, ...left])).toEqual(new Set(commands))
        for (const name of new Set(names)) {
          const own = (some: readonly Command[]) => some.filter(({ userId }) => userId === name)
          expect([...own(taken), ...own(left)]).toEqual(own(commands))
        }
      }),
    )
  })

  it('gives no user two more than another user who still waits', () => {
    fc.assert(
      fc.property(waiting, fc.nat({ max: 199 }), (names, wanted) => {
        const { taken, left } = takeFairShare(
          names.map(name => command(name)),
          Math.min(wanted, names.length),
        )
        for (const { userId } of left)
          for (const name of new Set(names))
            expect(countOf(taken, name)).toBeLessThanOrEqual(countOf(taken, userId) + 1)
      }),
    )
  })
})

describe('a lane', () => {
  it('takes the few of others beside the many of one', async () => {
    const runs = new HeldRuns()
    const lane = new Lane({ run: runs.run, gatherMs: 0 })
    lane.push(command('alice'))
    await expect.poll(() => runs.batches.length).toBe(1)
    lane.push(...Array.from({ length: 2000 }, () => command('mallory')))
    for (const name of ['alice', 'bob', 'bob', 'carol']) lane.push(command(name))
    await runs.finishOne()
    const [, second = []] = runs.batches
    expect(second).toHaveLength(256)
    expect(['alice', 'bob', 'carol'].map(name => countOf(second, name))).toEqual([1, 2, 1])
    for (let batch = 3; batch <= 9; batch += 1) await runs.finishOne()
    const ofMallory = runs.batches.flat().filter(({ userId }) => userId === 'mallory')
    expect(ofMallory).toHaveLength(2000)
    const numbers = ofMallory.map(each => ('number' in each ? Number(each.number) : 0))
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other))
  })
})

describe('lanes of several writers', () => {
  it('take the few commands of other users beside the many of one, for any subjects', async () => {
    const runs = new HeldRuns()
    const lanes = new Lanes({ writers: 8, run: runs.run, runWaiting: runs.run })
    for (let index = 0; index < 4000; index += 1) lanes.push(command('mallory', `conversation ${index % 50}`))
    for (let index = 0; index < 50; index += 1) lanes.push(command('bob', `conversation ${index}`))
    await expect.poll(() => runs.batches.length).toBe(2)
    expect(countOf(runs.batches.flat(), 'bob')).toBe(50)
  })
})

describe('the committer', () => {
  it('refuses a user more than their share of the queue, and no other user', async () => {
    await using backend = await Backend.open(undefined, {}, undefined, { maxWaitingPerUser: 20 })
    const [mine, theirs] = await Promise.all([backend.create('mallory'), backend.create('bob')])
    const sends = Array.from({ length: 50 }, (_, index) => backend.send('mallory', mine, `m${index}`))
    const other = backend.send('bob', theirs, 'hello')
    const outcomes = await Promise.allSettled(sends)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterMs: 1000 } })
    await other
    await backend.send('mallory', mine, 'again')
  })
})
