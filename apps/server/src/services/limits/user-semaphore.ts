import type { UserId } from '@cpc-messenger/messenger'
import type { Meter } from '../telemetry/meter.ts'
import { type LimitReached, limitReached } from './limit-reached.ts'
import { caps } from './limit-table.ts'

export interface UserSemaphoreOptions {
  readonly meter: Pick<Meter, 'limitReached'>
  /** Permits of all users together. */
  readonly total?: number
  readonly perUser?: number
  readonly maxWaitingPerUser?: number
  /** Bytes of answers that wait to be taken, from which on a user is given no permit. */
  readonly maxUnsentPerUser?: number
  /** How long somebody waits for a permit. */
  readonly waitMs?: number
}

interface Waiting {
  readonly resolve: (permit: Disposable) => void
  readonly timer: NodeJS.Timeout
}

interface UserPermits {
  held: number
  unsent: number
  readonly waiting: Waiting[]
}

/**
 * Two of eight connections for reading are left to what is not an operation, deliveries above all.
 */
const defaultTotal = 6
const defaultWaitMs = 10_000

/**
 * Permits for work that holds something scarce, shared fairly: a user holds some at a time, and the next one that comes free
 * goes to whoever holds the fewest. Whoever does not take the answers is given none.
 */
export class UserSemaphore {
  readonly #options: Required<UserSemaphoreOptions>
  readonly #users = new Map<UserId, UserPermits>()
  #free: number

  constructor({
    meter,
    total = defaultTotal,
    perUser = caps.operationsAtOncePerUser.max,
    maxWaitingPerUser = caps.waitingOperationsPerUser.max,
    maxUnsentPerUser = caps.unsentAnswerBytesPerUser.max,
    waitMs = defaultWaitMs,
  }: UserSemaphoreOptions) {
    this.#options = { meter, total, perUser, maxWaitingPerUser, maxUnsentPerUser, waitMs }
    this.#free = total
  }

  /**
   * Throws `LimitReached` where so many of the user's wait already that no more may begin, or where so much of the answers
   * that need no permit has not been taken.
   */
  requireRoom(userId: UserId): void {
    const { maxWaitingPerUser, maxUnsentPerUser } = this.#options
    const user = this.#users.get(userId)
    if (user === undefined) return
    if (user.unsent >= 2 * maxUnsentPerUser)
      throw this.#refusal('You have not read your answers: read them before you ask for more.', 1000)
    if (user.waiting.length < maxWaitingPerUser) return
    throw this.#refusal('Too many of your operations wait: let them be answered first.', 1000)
  }

  /** Resolves with a permit that disposing gives back; rejects with `LimitReached` after waiting in vain. */
  acquire(userId: UserId): Promise<Disposable> | Disposable {
    const user = this.#userOf(userId)
    if (this.#free > 0 && this.#mayHoldMore(user)) return this.#permit(userId, user)
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

  /** So many bytes of an answer wait to be taken, until what this returns is called. */
  holdUnsent(userId: UserId, bytes: number): () => void {
    const user = this.#userOf(userId)
    user.unsent += bytes
    let over = false
    return () => {
      if (over) return
      over = true
      user.unsent -= bytes
      this.#grantAll()
      this.#forget(userId, user)
    }
  }

  #userOf(userId: UserId): UserPermits {
    const user = this.#users.get(userId) ?? { held: 0, unsent: 0, waiting: [] }
    this.#users.set(userId, user)
    return user
  }

  #mayHoldMore({ held, unsent }: UserPermits): boolean {
    return held < this.#options.perUser && unsent < this.#options.maxUnsentPerUser
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
        this.#grantAll()
        this.#forget(userId, user)
      },
    }
  }

  #grantAll(): void {
    while (this.#free > 0 && this.#grantNext());
  }

  /**
   * Of those who hold equally few, the one who has been among the users for longest; false where nobody waits who may hold
   * one.
   */
  #grantNext(): boolean {
    let next: [UserId, UserPermits] | undefined
    for (const entry of this.#users) {
      const [, user] = entry
      if (
        user.waiting.length > 0 &&
        this.#mayHoldMore(user) &&
        user.held < (next?.[1].held ?? Number.POSITIVE_INFINITY)
      )
        next = entry
    }
    if (next === undefined) return false
    const [userId, user] = next
    const waiting = user.waiting.shift()
    if (waiting === undefined) return false
    clearTimeout(waiting.timer)
    waiting.resolve(this.#permit(userId, user))
    // Whoever has just been served comes after the others.
    this.#users.delete(userId)
    this.#users.set(userId, user)
    return true
  }

  #forget(userId: UserId, user: UserPermits): void {
    const idle = user.held === 0 && user.unsent === 0 && user.waiting.length === 0
    if (idle && this.#users.get(userId) === user) this.#users.delete(userId)
  }

  #refusal(message: string, retryAfterMs: number): LimitReached {
    return limitReached(this.#options.meter, 'waitingOperationsPerUser', message, { retryAfterMs })
  }
}
