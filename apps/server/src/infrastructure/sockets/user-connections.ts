import type { UserId } from '@cpc-messenger/messenger'
import { type LimitReached, limitReached } from '../../services/limits/limit-reached.ts'
import type { Meter } from '../../services/telemetry/meter.ts'

/** Counts the connections of each user on this node, over all transports. */
export class UserConnections {
  readonly #max: number
  readonly #counts = new Map<UserId, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** Returns false if the user has the maximum already. */
  enter(userId: UserId): boolean {
    const count = this.#counts.get(userId) ?? 0
    if (count >= this.#max) return false
    this.#counts.set(userId, count + 1)
    return true
  }

  leave(userId: UserId): void {
    const count = this.#counts.get(userId) ?? 0
    if (count > 1) this.#counts.set(userId, count - 1)
    else this.#counts.delete(userId)
  }
}

const retryAfterMs = 5000

/** Counts and returns the refusal of a connection beyond the maximum. */
export const tooManyConnections = (meter: Pick<Meter, 'limitReached'>): LimitReached =>
  limitReached(meter, 'connectionsPerUser', 'You have too many connections. Close one of them first.', { retryAfterMs })
