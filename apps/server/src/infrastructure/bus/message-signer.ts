import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'

/** Raised by whatever changes the form of messages: nodes of one form ignore another, and find out by comparing heads. */
const form = 2
const signatureBytes = 16
const headerBytes = 1 + signatureBytes

/** Bytes that a signed message has beside its payload. */
export const overheadBytes = headerBytes

/** Derives a key for the nodes that share a secret. Each epoch has its own, so signatures of another epoch are invalid. */
const derive = (secret: string, epoch: string, purpose: string, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), epoch, `cpc-messenger bus ${purpose}`, bytes))

/**
 * Signs what this node tells the others, and opens what they have signed: one byte that names the form, the first 16 bytes
 * of an HMAC-SHA-256 over the payload, and the payload. Each form has a key of its own.
 */
export class MessageSigner {
  /** Names the nodes of one database on servers that several share. It says nothing about the key. */
  readonly prefix: string
  readonly #key: KeyObject

  constructor(secret: string, epoch: string) {
    this.prefix = `messenger.${derive(secret, epoch, 'subjects', 8).toString('hex')}`
    this.#key = createSecretKey(derive(secret, epoch, `signatures of form ${form}`, 32))
  }

  sign(payload: Uint8Array): Uint8Array {
    const message = Buffer.allocUnsafe(headerBytes + payload.length)
    message[0] = form
    message.set(this.#signatureOf(payload), 1)
    message.set(payload, headerBytes)
    return message
  }

  /** The payload; undefined where no node of this deployment has signed it. */
  open(message: Uint8Array): Uint8Array | undefined {
    if (message.length < headerBytes || message[0] !== form) return undefined
    const payload = message.subarray(headerBytes)
    return timingSafeEqual(message.subarray(1, headerBytes), this.#signatureOf(payload)) ? payload : undefined
  }

  #signatureOf(payload: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#key).update(payload).digest().subarray(0, signatureBytes)
  }
}
