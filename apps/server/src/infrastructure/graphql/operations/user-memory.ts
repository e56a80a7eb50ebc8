import type { UserId } from '@cpc-messenger/messenger'
import { type LimitReached, limitReached } from '../../../services/limits/limit-reached.ts'
import { caps } from '../../../services/limits/limit-table.ts'
import type { Meter } from '../../../services/telemetry/meter.ts'

const retryAfterMs = 1000

interface SharedHold {
  readonly bytes: number
  holders: number
}

interface Held {
  bytes: number
  readonly shared: Map<object, SharedHold>
}

/** An object that several subscriptions of one user may share; it counts once. */
export interface SharedBytes {
  readonly of: object
  readonly bytes: number
}

/** Bounds the estimated memory of the documents, variables and positions that each user has sent. */
export class UserMemory {
  readonly #meter: Pick<Meter, 'limitReached'>
  readonly #max: number
  readonly #held = new Map<UserId, Held>()

  constructor(meter: Pick<Meter, 'limitReached'>, max: number = caps.subscriptionBytesPerUser.max) {
    this.#meter = meter
    this.#max = max
  }

  /** Reserves the bytes until it is disposed of. Throws `LimitReached` if the bound would be exceeded. */
  hold(userId: UserId, bytes: number, shared?: SharedBytes): Disposable {
    const held = this.#held.get(userId) ?? { bytes: 0, shared: new Map() }
    const fresh = shared !== undefined && !held.shared.has(shared.of) ? shared.bytes : 0
    if (held.bytes + bytes + fresh > this.#max) throw this.#refusal()
    held.bytes += bytes + fresh
    if (shared !== undefined) share(held, shared)
    this.#held.set(userId, held)
    let over = false
    return {
      [Symbol.dispose]: () => {
        if (over) return
        over = true
        held.bytes -= bytes + (shared === undefined ? 0 : unshare(held, shared.of))
        if (held.bytes === 0 && held.shared.size === 0) this.#held.delete(userId)
      },
    }
  }

  #refusal(): LimitReached {
    return limitReached(
      this.#meter,
      'subscriptionBytesPerUser',
      'Your subscriptions use too much memory. Use fewer different documents and shorter variables.',
      { retryAfterMs },
    )
  }
}

const share = ({ shared }: Held, { of, bytes }: SharedBytes): void => {
  const known = shared.get(of)
  if (known === undefined) shared.set(of, { bytes, holders: 1 })
  else known.holders += 1
}

/** Returns the bytes that are no longer held. */
const unshare = ({ shared }: Held, of: object): number => {
  const known = shared.get(of)
  if (known === undefined) return 0
  known.holders -= 1
  if (known.holders > 0) return 0
  shared.delete(of)
  return known.bytes
}
