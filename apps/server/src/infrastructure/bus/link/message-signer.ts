import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'

/** Raised by every change of the wire format. Nodes ignore messages of other versions, and catch up by comparing heads. */
const form = 2
const signatureBytes = 16
const headerBytes = 1 + signatureBytes

/** The bytes of a signed message that are not payload. */
export const overheadBytes = headerBytes

/** Derives a key for the nodes that share a secret. Each epoch has its own, so signatures of another epoch are invalid. */
const derive = (secret: string, epoch: string, purpose: string, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), epoch, `cpc-messenger bus ${purpose}`, bytes))

/**
 * Signs the messages of this node and verifies those of others. A signed message is one byte for the version, the first 16
 * bytes of an HMAC-SHA-256 over the payload, and the payload. Each version has its own key.
 */
export class MessageSigner {
  /** Identifies the nodes of one database on NATS servers that several deployments share. It reveals nothing of the key. */
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

  /** The payload; undefined if it was not signed by a node of this deployment. */
  open(message: Uint8Array): Uint8Array | undefined {
    if (message.length < headerBytes || message[0] !== form) return undefined
    const payload = message.subarray(headerBytes)
    return timingSafeEqual(message.subarray(1, headerBytes), this.#signatureOf(payload)) ? payload : undefined
  }

  #signatureOf(payload: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#key).update(payload).digest().subarray(0, signatureBytes)
  }
}
