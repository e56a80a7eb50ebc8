import { expect, it } from 'vitest'
import { FrameAllowance } from '../../src/infrastructure/frame-allowance.ts'
import { Heartbeat } from '../../src/infrastructure/heartbeat.ts'

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

it('an allowance lets a burst through, fills again, and comes to an end for who goes on regardless', () => {
  const allowance = new FrameAllowance({ perSecond: 10, burst: 3 }, 0)
  expect([0, 0, 0, 0].map(now => allowance.count(now))).toEqual(['allowed', 'allowed', 'allowed', 'refused'])
  expect(allowance.waitMs).toBe(200)
  expect(allowance.count(200)).toBe('allowed')
  expect([200, 200, 200].map(now => allowance.count(now))).toEqual(['refused', 'refused', 'exhausted'])
})
