import { type UserId, unavailable } from '@cpc-messenger/messenger'
import type { Meter } from '../telemetry/meter.ts'
import { type LimitReached, limitReached } from './limit-reached.ts'
import { caps } from './limit-table.ts'

/** Most waiting commands. */
const maxWaiting = 20_000
/** The delay that a user with too many waiting commands gets in the error. */
const retryAfterMs = 1000

/** Bounds the commands that are not answered yet: in total, and for each user, so that one user cannot fill the queue. */
export class WaitingCommands {
  readonly #meter: Pick<Meter, 'limitReached'>
  readonly #maxPerUser: number
  readonly #ofUser = new Map<UserId, number>()
  #count = 0

  constructor(meter: Pick<Meter, 'limitReached'>, maxPerUser: number = caps.waitingCommandsPerUser.max) {
    this.#meter = meter
    this.#maxPerUser = maxPerUser
  }

  get count(): number {
    return this.#count
  }

  /** Throws a refusal if no further command may wait. */
  enter(userId: UserId): void {
    if (this.#count >= maxWaiting) throw unavailable('Too many commands are waiting. Retry in a moment.')
    const own = this.#ofUser.get(userId) ?? 0
    if (own >= this.#maxPerUser) throw this.#refusal()
    this.#count += 1
    this.#ofUser.set(userId, own + 1)
  }

  leave(userId: UserId): void {
    this.#count -= 1
    const left = (this.#ofUser.get(userId) ?? 0) - 1
    if (left > 0) this.#ofUser.set(userId, left)
    else this.#ofUser.delete(userId)
  }

  #refusal(): LimitReached {
    return limitReached(
      this.#meter,
      'waitingCommandsPerUser',
      'Too many of your commands are waiting. Send more when they are answered.',
      { retryAfterMs },
    )
  }
}
