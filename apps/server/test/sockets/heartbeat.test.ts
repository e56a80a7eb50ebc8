import { expect, it } from 'vitest'
import { FrameRateLimiter } from '../../src/infrastructure/sockets/frame-rate-limiter.ts'
import { Heartbeat } from '../../src/infrastructure/sockets/heartbeat.ts'

it('a heartbeat misses an answer when the next ping is due', () => {
  const heartbeat = new Heartbeat(30, 0)
  expect(heartbeat.beat(29_999)).toBe('rest')
  expect(heartbeat.beat(30_000)).toBe('ping')
  heartbeat.answered()
  expect(heartbeat.beat(60_000)).toBe('ping')
  expect(heartbeat.beat(89_999)).toBe('rest')
  expect(heartbeat.beat(90_000)).toBe('missed')
})

it('a heartbeat that is put off gives the answer a whole interval again', () => {
  const heartbeat = new Heartbeat(30, 0)
  expect(heartbeat.beat(30_000)).toBe('ping')
  heartbeat.postpone(75_000)
  expect(heartbeat.beat(104_999)).toBe('rest')
  expect(heartbeat.beat(105_000)).toBe('missed')
})

it('a frame rate limiter allows a burst, refills, and is exhausted when refused frames go on', () => {
  const limiter = new FrameRateLimiter({ perSecond: 10, burst: 3 }, 0)
  expect([0, 0, 0, 0].map(now => limiter.count(now))).toEqual(['allowed', 'allowed', 'allowed', 'refused'])
  expect(limiter.waitMs).toBe(200)
  expect(limiter.count(200)).toBe('allowed')
  expect([200, 200, 200].map(now => limiter.count(now))).toEqual(['refused', 'refused', 'exhausted'])
})
