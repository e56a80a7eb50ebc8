import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatInstant } from '../src/values/instant.ts'

const anyTime = fc.oneof(
  fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 }),
  fc.integer({ min: 0, max: 4_000_000_000_000 }),
  fc.double({ min: -1e12, max: 1e12, noNaN: true }),
)

test('An instant is written as Date writes it, one after the other on any days', () => {
  fc.assert(
    fc.property(fc.array(anyTime, { minLength: 1 }), times => {
      for (const at of times) expect(formatInstant(at)).toBe(new Date(at).toISOString())
    }),
  )
  expect(formatInstant(Date.UTC(2026, 10, 22, 8, 15, 30, 7))).toBe('2026-11-22T08:15:30.007Z')
})

test('refuses a number that is not a time', () => {
  expect(() => formatInstant(Number.NaN)).toThrow(RangeError)
  expect(() => formatInstant(9e15)).toThrow(RangeError)
})
