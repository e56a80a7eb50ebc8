import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageSigner, overheadBytes } from '../../src/infrastructure/bus/link/message-signer.ts'
import { anyBytes } from './any-bytes.ts'

const secret = Buffer.alloc(32, 1).toString('base64url')
const otherSecret = Buffer.alloc(32, 2).toString('base64url')
const epoch = 'f3b0c442-98fc-4c14-9afb-f4c8996fb924'
const signer = new MessageSigner(secret, epoch)

describe('a signed message', () => {
  it('is opened by every node with the same secret and epoch, and by no other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), payload => {
        const message = signer.sign(payload)
        expect(message.length).toBe(payload.length + overheadBytes)
        expect(Buffer.from(new MessageSigner(secret, epoch).open(message) ?? [])).toEqual(Buffer.from(payload))
        expect(new MessageSigner(otherSecret, epoch).open(message)).toBeUndefined()
        expect(new MessageSigner(secret, randomUUID()).open(message)).toBeUndefined()
      }),
      { numRuns: 300 },
    )
  })

  it('is not opened where one bit of it is another, or a byte is missing or too much', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (payload, chosen) => {
        const message = Buffer.from(signer.sign(payload))
        const flipped = Buffer.from(message)
        const bit = chosen % (message.length * 8)
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(signer.open(flipped)).toBeUndefined()
        expect(signer.open(message.subarray(0, chosen % message.length))).toBeUndefined()
        expect(signer.open(Buffer.concat([message, Buffer.of(chosen & 255)]))).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })

  it('is not opened from arbitrary bytes, nor from an unsigned message of earlier versions', () => {
    fc.assert(
      fc.property(anyBytes, bytes => {
        expect(signer.open(bytes)).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
    expect(signer.open(Buffer.from('{"format":1,"head":2147483647}'))).toBeUndefined()
  })
})

describe('the prefix of subjects', () => {
  it('is the same on all nodes of a database, another one in each epoch, and shows nothing of the epoch', () => {
    expect(new MessageSigner(secret, epoch).prefix).toBe(signer.prefix)
    expect(signer.prefix).toMatch(/^messenger\.[\da-f]{16}$/)
    const others = [new MessageSigner(otherSecret, epoch), new MessageSigner(secret, randomUUID())]
    for (const other of others) expect(other.prefix).not.toBe(signer.prefix)
    for (const part of epoch.split('-')) expect(signer.prefix).not.toContain(part)
  })
})
