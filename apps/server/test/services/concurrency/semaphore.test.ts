import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Semaphore } from '../../../src/services/concurrency/semaphore.ts'

it('runs a fixed number at once, and the others after them', async () => {
  const semaphore = new Semaphore(2)
  let working = 0
  let most = 0
  const results = await Promise.allSettled(
    Array.from({ length: 7 }, (_, index) =>
      semaphore.run(async () => {
        working += 1
        most = Math.max(most, working)
        await turn()
        working -= 1
        if (index === 3) throw new Error('one fails')
        return index
      }),
    ),
  )
  expect(most).toBe(2)
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, true, true, false, true, true, true])
})
