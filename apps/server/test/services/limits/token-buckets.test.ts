import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenBuckets } from '../../../src/services/limits/token-buckets.ts'

const rates = fc.record({
  perSecond: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(0.001, 0.3, 0.5, 7.7)),
  burst: fc.integer({ min: 1, max: 500 }),
})

describe('a token bucket', () => {
  it('lets never more through than its burst and what its rate gives in the time', () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat({ max: 5000 }), count: fc.integer({ min: 1, max: 50 }) }), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(rates, steps, fc.nat({ max: 1e9 }), (rate, taken, begin) => {
        const buckets = new TokenBuckets(rate)
        const passed: { at: number; count: number }[] = []
        let now = begin
        for (const { waitMs, count } of taken) {
          now += waitMs
          if (buckets.waitMs('one', count, now) > 0) continue
          buckets.take('one', count, now)
          passed.push({ at: now, count })
        }
        // From every moment to every later one.
        for (const [first, from] of passed.entries()) {
          let total = 0
          for (const { at, count } of passed.slice(first)) {
            total += count
            expect(total).toBeLessThanOrEqual(rate.burst + (rate.perSecond * (at - from.at)) / 1000 + 2e-3)
          }
        }
      }),
    )
  })

  it('says truly how long to wait: then it lets through, and a millisecond sooner it does not', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 100 })
    fc.assert(
      fc.property(rates, counts, fc.nat({ max: 1e9 }), (rate, wanted, begin) => {
        const buckets = new TokenBuckets(rate)
        let now = begin
        for (const count of wanted.map(each => Math.min(each, rate.burst))) {
          const waitMs = buckets.waitMs('one', count, now)
          if (waitMs > 0) {
            expect(buckets.waitMs('one', count, now + waitMs - 1)).toBeGreaterThan(0)
            now += waitMs
          }
          expect(buckets.waitMs('one', count, now)).toBe(0)
          buckets.take('one', count, now)
        }
      }),
    )
  })

  it('is of one key and no other', () => {
    const buckets = new TokenBuckets({ perSecond: 1, burst: 1 })
    buckets.take('one', 1, 0)
    expect(buckets.waitMs('one', 1, 0)).toBe(1000)
    expect(buckets.waitMs('other', 1, 0)).toBe(0)
  })

  it('is removed once it is full, and not before', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 3000 })), { maxLength: 300 }), uses => {
        const [bounded, kept] = [
          { perSecond: 2, burst: 4 },
          { perSecond: 2, burst: 4 },
        ]
        const buckets = new TokenBuckets(bounded)
        // A model with separate buckets for each key never evicts one key because of another.
        const alone = new Map<string, TokenBuckets>()
        let now = 0
        for (const [key, waitMs] of uses) {
          now += waitMs
          const own = alone.get(String(key)) ?? new TokenBuckets(kept)
          alone.set(String(key), own)
          const wait = own.waitMs(String(key), 1, now)
          expect(buckets.waitMs(String(key), 1, now)).toBe(wait)
          if (wait > 0) continue
          own.take(String(key), 1, now)
          buckets.take(String(key), 1, now)
        }
      }),
    )
    const buckets = new TokenBuckets({ perSecond: 10, burst: 10 })
    for (let user = 0; user < 1000; user += 1) buckets.take(`user ${user}`, 1, user)
    buckets.take('late', 1, 2001)
    buckets.take('later', 1, 3002)
    expect(buckets.size).toBeLessThanOrEqual(3)
  })

  it('keeps a bounded number of keys', () => {
    const buckets = new TokenBuckets({ perSecond: 0.001, burst: 1 }, 1000)
    for (let key = 0; key < 20_000; key += 1) buckets.take(`key ${key}`, 1, key)
    expect(buckets.size).toBeLessThanOrEqual(1001)
  })
})
