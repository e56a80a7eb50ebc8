import type { UserId } from '@cpc-messenger/messenger'
import type { Meter } from '../meter.ts'
import { LimitReached } from './limit-reached.ts'
import { caps } from './limit-table.ts'

export interface UserSemaphoreOptions {
  readonly meter: Pick<Meter, 'limitReached'>
  /** Permits of all users together. */
  readonly total?: number
  readonly perUser?: number
  readonly mostWaitingPerUser?: number
  /** How long somebody waits for a permit. */
  readonly waitMs?: number
}

interface Waiting {
  readonly resolve: (permit: Disposable) => void
  readonly timer: NodeJS.Timeout
}

interface UserPermits {
  held: number
  readonly waiting: Waiting[]
}

/**
 * Two of eight connections for reading are left to what is not an operation, deliveries above all.
 */
const defaultTotal = 6
const defaultWaitMs = 10_000

/**
 * Permits for work that holds something scarce, shared fairly: a user holds some at a time, and the next one that comes free
 * goes to whoever holds the fewest.
 */
export class UserSemaphore {
  readonly #options: Required<UserSemaphoreOptions>
  readonly #users = new Map<UserId, UserPermits>()
  #free: number

  constructor({
    meter,
    total = defaultTotal,
    perUser = caps.operationsAtOncePerUser.most,
    mostWaitingPerUser = caps.waitingOperationsPerUser.most,
    waitMs = defaultWaitMs,
  }: UserSemaphoreOptions) {
    this.#options = { meter, total, perUser, mostWaitingPerUser, waitMs }
    this.#free = total
  }

  /** Throws `LimitReached` where so many of the user's wait already that no more may begin. */
  requireRoom(userId: UserId): void {
    const waiting = this.#users.get(userId)?.waiting.length ?? 0
    if (waiting < this.#options.mostWaitingPerUser) return
    throw this.#refusal('Too many of your operations wait: let them be answered first.', 1000)
  }

  /** Resolves with a permit that disposing gives back; rejects with `LimitReached` after waiting in vain. */
  acquire(userId: UserId): Promise<Disposable> | Disposable {
    const user = this.#users.get(userId) ?? { held: 0, waiting: [] }
    this.#users.set(userId, user)
    if (this.#free > 0 && user.held < this.#options.perUser) return this.#permit(userId, user)
    const { promise, resolve, reject } = Promise.withResolvers<Disposable>()
    const timer = setTimeout(() => {
      user.waiting.splice(user.waiting.indexOf(waiting), 1)
      this.#forget(userId, user)
      reject(this.#refusal('Your other operations take too long: ask for less at once.', this.#options.waitMs))
    }, this.#options.waitMs)
    const waiting: Waiting = { resolve, timer }
    user.waiting.push(waiting)
    return promise
  }

  #permit(userId: UserId, user: UserPermits): Disposable {
    this.#free -= 1
    user.held += 1
    let over = false
    return {
      [Symbol.dispose]: () => {
        if (over) return
        over = true
        this.#free += 1
        user.held -= 1
        this.#grantNext()
        this.#forget(userId, user)
      },
    }
  }

  /** Of those who hold equally few, the one who has been among the users for longest. */
  #grantNext(): void {
    let next: [UserId, UserPermits] | undefined
    for (const entry of this.#users) {
      const [, user] = entry
      if (user.waiting.length > 0 && user.held < (next?.[1].held ?? this.#options.perUser)) next = entry
    }
    if (next === undefined) return
    const [userId, user] = next
    const waiting = user.waiting.shift()
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    waiting.resolve(this.#permit(userId, user))
    // Whoever has just been served comes after the others.
    this.#users.delete(userId)
    this.#users.set(userId, user)
  }

  #forget(userId: UserId, user: UserPermits): void {
    if (user.held === 0 && user.waiting.length === 0 && this.#users.get(userId) === user) this.#users.delete(userId)
  }

  #refusal(message: string, retryAfterMs: number): LimitReached {
    const limit = 'waitingOperationsPerUser'
    this.#options.meter.limitReached(limit)
    return new LimitReached(limit, message, { retryAfterMs })
  }
}
