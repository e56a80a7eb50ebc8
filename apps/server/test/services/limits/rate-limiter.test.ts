import { describe, expect, it } from 'vitest'
import { LimitReached } from '../../../src/services/limits/limit-reached.ts'
import type { LimitName, Rates } from '../../../src/services/limits/limit-table.ts'
import { RateLimiter } from '../../../src/services/limits/rate-limiter.ts'

class Limited {
  now = 1000
  readonly counted: LimitName[] = []
  readonly limiter: RateLimiter

  constructor(rates: Rates) {
    const meter = { limitReached: (limit: LimitName) => void this.counted.push(limit) }
    this.limiter = new RateLimiter({ rates, meter, now: () => this.now, tarpit: { holdMs: 1, maxHeld: 2 } })
  }

  /** The refusal, if it was one. */
  refusal(ask: (limiter: RateLimiter) => void): LimitReached | undefined {
    try {
      ask(this.limiter)
      return undefined
    } catch (error) {
      if (error instanceof LimitReached) return error
      throw error
    }
  }
}

describe('a rate limiter', () => {
  it('refuses with the name of the limit and how long to wait, and counts that', () => {
    const limited = new Limited({ sends: { perSecond: 2, burst: 3 } })
    for (let send = 0; send < 3; send += 1) expect(limited.refusal(it => it.take('sends', 'alice'))).toBeUndefined()
    expect(limited.refusal(it => it.take('sends', 'alice'))).toMatchObject({
      code: 'RATE_LIMITED',
      limit: 'sends',
      ignored: false,
      message: 'You are sending too fast. Retry in 500 ms.',
      details: { retryAfterMs: 500 },
    })
    expect(limited.counted).toEqual(['sends'])
    limited.now += 500
    expect(limited.refusal(it => it.take('sends', 'alice'))).toBeUndefined()
  })

  it('limits nothing that is switched off', () => {
    const limited = new Limited({ sends: undefined })
    for (let send = 0; send < 1000; send += 1) limited.limiter.take('sends', 'alice')
    expect(limited.counted).toEqual([])
  })

  it('takes from several limits all or none', () => {
    const limited = new Limited({ commands: { perSecond: 1, burst: 10 }, creations: { perSecond: 1, burst: 1 } })
    const create = (limiter: RateLimiter) => limiter.takeAll({ commands: 1, creations: 1 }, 'alice')
    expect(limited.refusal(create)).toBeUndefined()
    for (let time = 0; time < 20; time += 1) expect(limited.refusal(create)?.limit).toBe('creations')
    for (let time = 0; time < 9; time += 1)
      expect(limited.refusal(limiter => limiter.take('commands', 'alice'))).toBeUndefined()
    expect(limited.refusal(limiter => limiter.take('commands', 'alice'))?.limit).toBe('commands')
  })

  it('detects a client that continues after a hundred refusals, until it waits', () => {
    const limited = new Limited({ requests: { perSecond: 1, burst: 1 } })
    const ask = (limiter: RateLimiter) => limiter.take('requests', 'mallory')
    expect(limited.refusal(ask)).toBeUndefined()
    for (let refusal = 0; refusal < 100; refusal += 1) expect(limited.refusal(ask)?.ignored).toBe(false)
    expect(limited.refusal(ask)?.ignored).toBe(true)
    limited.now += 1000
    expect(limited.refusal(ask)).toBeUndefined()
    expect(limited.refusal(ask)?.ignored).toBe(false)
  })

  it('holds back a bounded number of answers', async () => {
    const { limiter } = new Limited({})
    expect(await Promise.all([limiter.hold(), limiter.hold(), limiter.hold()])).toEqual([true, true, false])
    expect(await limiter.hold()).toBe(true)
  })

  it('paces: each waits until there is a token', async () => {
    const limiter = new RateLimiter({ rates: { largeFrames: { perSecond: 50, burst: 1 } } })
    const begun = performance.now()
    for (let frame = 0; frame < 5; frame += 1) await limiter.pace('largeFrames', 'alice', () => false)
    expect(performance.now() - begun).toBeGreaterThanOrEqual(75)
  })

  it('does not pace a client that has disconnected', async () => {
    const limited = new Limited({ largeFrames: { perSecond: 0.001, burst: 1 } })
    limited.limiter.take('largeFrames', 'alice')
    let looks = 0
    await limited.limiter.pace('largeFrames', 'alice', () => ++looks > 1)
    expect(limited.counted).toEqual(['largeFrames'])
  })
})
