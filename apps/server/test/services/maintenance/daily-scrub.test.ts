import { describe, expect, it } from 'vitest'
import { DailyScrub, nextHour } from '../../../src/services/maintenance/daily-scrub.ts'
import { Purger } from '../../../src/services/maintenance/purger.ts'
import { Backend, silentLog } from '../../backend.ts'

describe('nextHour', () => {
  it.each([
    ['2026-11-26T02:59:59', 3, '2026-11-26T03:00:00'],
    ['2026-11-26T03:00:00', 3, '2026-11-27T03:00:00'],
    ['2026-11-26T23:30:00', 3, '2026-11-27T03:00:00'],
    ['2026-12-31T12:00:00', 0, '2027-01-01T00:00:00'],
    ['2026-11-26T22:00:00', 23, '2026-11-26T23:00:00'],
  ])('of %s is the next time at which it is %i', (now, hour, next) => {
    expect(nextHour(hour, new Date(now))).toEqual(new Date(next))
  })

  it('is always ahead, and a day or so at most, also when clocks are changed', () => {
    for (let ms = Date.UTC(2026, 0, 1); ms < Date.UTC(2027, 0, 1); ms += 5_400_000)
      for (const hour of [0, 2, 3, 23]) {
        const ahead = nextHour(hour, new Date(ms)).getTime() - ms
        expect(ahead).toBeGreaterThan(0)
        expect(ahead).toBeLessThanOrEqual(25 * 3_600_000)
      }
  })
})

describe('DailyScrub', () => {
  it('deletes what is erased before it scrubs, once at a time, and ends a scrub that is running when it is disposed of', async () => {
    await using backend = await Backend.open()
    await using purger = new Purger(backend.store, silentLog, 1_000_000)
    const steps: string[] = []
    const begun = Promise.withResolvers<void>()
    const scrub = (signal: AbortSignal) =>
      new Promise<object>((_, reject) => {
        steps.push('scrub')
        begun.resolve()
        signal.addEventListener('abort', () => {
          steps.push('ended')
          reject(signal.reason)
        })
      })
    const purging = { run: () => purger.run().then(() => void steps.push('purge')) }
    const daily = new DailyScrub({ hour: 3, scrub, purger: purging, log: silentLog })
    const running = [daily.run(), daily.run()]
    await begun.promise
    await daily[Symbol.asyncDispose]()
    await Promise.all(running)
    expect(steps).toEqual(['purge', 'scrub', 'ended'])
  })
})
