import { type UserId, unavailable } from '@cpc-messenger/messenger'
import type { Meter } from '../telemetry/meter.ts'
import { type LimitReached, limitReached } from './limit-reached.ts'
import { caps } from './limit-table.ts'

/** Commands that may wait: more come in than the store can take. */
const maxWaiting = 20_000
/** What a user with too many of them is told to wait. */
const retryAfterMs = 1000

/** Counts commands that are not answered yet: all of them, and those of each user, who may not fill the queue alone. */
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

  /** Throws a refusal where no more may wait. */
  enter(userId: UserId): void {
    if (this.#count >= maxWaiting) throw unavailable('Too many commands wait: try again in a moment.')
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
      'Too many of your commands wait: let them be answered first.',
      { retryAfterMs },
    )
  }
}
