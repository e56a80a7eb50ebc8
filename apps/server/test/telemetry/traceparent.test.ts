import { describe, expect, it } from 'vitest'
import { parseTraceparent, traceparentOf } from '../../src/infrastructure/telemetry/traceparent.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

describe('a traceparent', () => {
  it.each([
    [`00-${traceId}-${spanId}-01`, 1],
    [`00-${traceId}-${spanId}-00`, 0],
    [`00-${traceId}-${spanId}-03`, 1],
    [`cc-${traceId}-${spanId}-01-what-will-be`, 1],
  ])('is read: %s', (text, traceFlags) => {
    expect(parseTraceparent(text)).toEqual({ traceId, spanId, traceFlags })
  })

  it.each([
    '',
    'nonsense',
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-01-more`,
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}-01\n`,
  ])('that cannot be read is none: %j', text => {
    expect(parseTraceparent(text)).toBeUndefined()
  })

  it('comes out as it went in', () => {
    const text = `00-${traceId}-${spanId}-01`
    expect(traceparentOf(parseTraceparent(text) ?? { traceId: '', spanId: '', traceFlags: 0 })).toBe(text)
  })
})
