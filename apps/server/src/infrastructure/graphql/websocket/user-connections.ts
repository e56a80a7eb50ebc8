import { Refusal, type UserId } from '@cpc-messenger/messenger'

const comeBackMs = 5000

/** How many connections each user holds. */
export class UserConnections {
  readonly #most: number
  readonly #counts = new Map<UserId, number>()

  constructor(most: number) {
    this.#most = most
  }

  /** Refuses with RATE_LIMITED one more than a user may hold; disposing the answer gives its place back. */
  count(userId: UserId): Disposable {
    const count = this.#counts.get(userId) ?? 0
    if (count >= this.#most)
      throw new Refusal('RATE_LIMITED', `A user holds ${this.#most} connections at most.`, { retryAfterMs: comeBackMs })
    this.#counts.set(userId, count + 1)
    return {
      [Symbol.dispose]: () => {
        const left = (this.#counts.get(userId) ?? 1) - 1
        if (left > 0) this.#counts.set(userId, left)
        else this.#counts.delete(userId)
      },
    }
  }
}
