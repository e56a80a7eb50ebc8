import type { UserId } from '@cpc-messenger/messenger'
import { type LimitReached, limitReached } from '../../services/limits/limit-reached.ts'
import type { Meter } from '../../services/telemetry/meter.ts'

/** Counts the connections of each user on this node, over all transports. */
export class UserConnections {
  readonly #most: number
  readonly #counts = new Map<UserId, number>()

  constructor(most: number) {
    this.#most = most
  }

  /** Returns false where the user already has the maximum. */
  enter(userId: UserId): boolean {
    const count = this.#counts.get(userId) ?? 0
    if (count >= this.#most) return false
    this.#counts.set(userId, count + 1)
    return true
  }

  leave(userId: UserId): void {
    const count = this.#counts.get(userId) ?? 0
    if (count > 1) this.#counts.set(userId, count - 1)
    else this.#counts.delete(userId)
  }
}

/** Counts and returns the refusal of a connection beyond the maximum. */
export const tooManyConnections = (meter: Pick<Meter, 'limitReached'>, retryAfterMs: number): LimitReached =>
  limitReached(meter, 'connectionsPerUser', 'You have too many connections: close one of them first.', { retryAfterMs })
