import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clientFrameSchemas, clientFramesNotImplemented, encodeClientFrame, parseClientFrame } from '../src/index.ts'

const types = [...Object.keys(clientFrameSchemas), ...clientFramesNotImplemented]
const fields = ['id', 'token', 'onBehalfOf', 'conversationId', 'messageId', 'after', 'from', 'epoch', '__proto__']

const frameLike = fc.tuple(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...fields), fc.jsonValue()))

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  frameLike.map(([type, rest]) => JSON.stringify({ ...rest, type })),
)

it('every text is a frame or a fault, and a frame written again is the same frame', () => {
  fc.assert(
    fc.property(anyText, text => {
      const parsed = parseClientFrame(text)
      if ('fault' in parsed) expect(parsed.message.length).toBeGreaterThan(0)
      else expect(parseClientFrame(encodeClientFrame(parsed))).toEqual(parsed)
    }),
    { numRuns: 2000 },
  )
})

it('why a text is malformed fits a close reason of 123 bytes', () => {
  fc.assert(
    fc.property(anyText, text => {
      const parsed = parseClientFrame(text)
      if ('fault' in parsed && parsed.fault === 'malformed')
        expect(Buffer.byteLength(parsed.message)).toBeLessThanOrEqual(123)
    }),
  )
})
