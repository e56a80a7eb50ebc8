import { randomFillSync } from 'node:crypto'
import {
  type AuditEntryId,
  type Clock,
  type ConversationId,
  type IdGenerator,
  idPrefixes,
  type MembershipId,
  type MessageId,
  parseAuditEntryId,
  parseConversationId,
  parseMembershipId,
  parseMessageId,
} from '@cpc-messenger/messenger'
import { encodeBase32 } from './base32.ts'

/**
 * TypeIDs over UUIDv7 (RFC 9562). Within one process each id is greater than the one before it, even if the clock stops
 * or jumps back: the time is then kept, and the 12 bits after it are incremented.
 */
export class TypeIdGenerator implements IdGenerator {
  readonly #clock: Clock
  readonly #pool = new Uint8Array(4096)
  #used = this.#pool.length
  #time = 0
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  conversationId(): ConversationId {
    return required(parseConversationId(this.#next(idPrefixes.conversation)))
  }

  messageId(): MessageId {
    return required(parseMessageId(this.#next(idPrefixes.message)))
  }

  membershipId(): MembershipId {
    return required(parseMembershipId(this.#next(idPrefixes.membership)))
  }

  auditEntryId(): AuditEntryId {
    return required(parseAuditEntryId(this.#next(idPrefixes.auditEntry)))
  }

  #next(prefix: string): string {
    this.#tick()
    const bytes = this.#random()
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    view.setUint16(0, Math.floor(this.#time / 2 ** 32))
    view.setUint32(2, this.#time % 2 ** 32)
    view.setUint16(6, 0x7000 | this.#count)
    view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f))
    return `${prefix}_${encodeBase32(bytes)}`
  }

  /** 16 random bytes. They are read from the system in bulk, which costs a tenth per id. */
  #random(): Uint8Array {
    if (this.#used === this.#pool.length) {
      randomFillSync(this.#pool)
      this.#used = 0
    }
    this.#used += 16
    return this.#pool.subarray(this.#used - 16, this.#used)
  }

  #tick(): void {
    const now = this.#clock.now()
    if (now > this.#time) {
      this.#time = now
      this.#count = 0
    } else if (this.#count < 0xfff) this.#count += 1
    else {
      this.#time += 1
      this.#count = 0
    }
  }
}

const required = <Id>(id: Id | undefined): Id => {
  if (id === undefined) throw new TypeError('the generated id cannot be parsed')
  return id
}
