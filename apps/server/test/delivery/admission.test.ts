import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Admission } from '../../src/delivery/admission.ts'

const pace = { withoutWaiting: 1, atOnce: 10, pauseEachMs: 1, longestPauseMs: 20 }

it('lets in a lone one at once, every time', async () => {
  const admission = new Admission(pace)
  for (let count = 0; count < 3; count += 1) {
    let entered = false
    const entering = admission.enter().then(() => {
      entered = true
    })
    await Promise.resolve()
    await Promise.resolve()
    expect(entered).toBe(true)
    await entering
    await turn()
    await turn()
  }
})

it('lets in those of a storm in their order, in sets of a bounded size', async () => {
  const admission = new Admission(pace)
  const order: number[] = []
  const sets: number[] = []
  let inThisTurn = 0
  const count = 95
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      await admission.enter()
      order.push(index)
      if (inThisTurn === 0)
        setImmediate(() => {
          sets.push(inThisTurn)
          inThisTurn = 0
        })
      inThisTurn += 1
    }),
  )
  await turn()
  expect(order).toEqual(Array.from({ length: count }, (_, index) => index))
  expect(sets.reduce((sum, size) => sum + size)).toBe(count)
  // The end of one set may fall into the turn of the next.
  expect(Math.max(...sets)).toBeLessThanOrEqual(2 * pace.atOnce)
  expect(sets.length).toBeLessThanOrEqual(1 + Math.ceil(count / pace.atOnce))
})
