import type { UserId } from '@cpc-messenger/messenger'
import type { Meter } from '../telemetry/meter.ts'
import { type LimitReached, limitReached } from './limit-reached.ts'
import { caps } from './limit-table.ts'

export interface UserSemaphoreOptions {
  readonly meter: Pick<Meter, 'limitReached'>
  /** Permits of all users together. */
  readonly total?: number
  readonly perUser?: number
  /** Whether the user now takes more than a fair share: such a user gets one permit at a time. */
  readonly exceedsShare?: (userId: UserId) => boolean
  readonly maxWaitingPerUser?: number
  /** A user with this many bytes of unsent answers gets no permit. */
  readonly maxUnsentPerUser?: number
  /** Milliseconds to wait for a permit. */
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

/** Two of eight connections for reading are reserved for reads that are not operations, mainly delivery. */
const defaultTotal = 6
const defaultWaitMs = 10_000

/**
 * Permits for work that needs a scarce resource, shared fairly: each user has a limited number, and the next free permit goes
 * to the waiting user with the fewest. A user who does not read the answers gets none.
 */
export class UserSemaphore {
  readonly #options: Required<UserSemaphoreOptions>
  readonly #users = new Map<UserId, UserPermits>()
  #free: number

  constructor({
    meter,
    total = defaultTotal,
    perUser = caps.operationsAtOncePerUser.max,
    exceedsShare = () => false,
    maxWaitingPerUser = caps.waitingOperationsPerUser.max,
    maxUnsentPerUser = caps.unsentAnswerBytesPerUser.max,
    waitMs = defaultWaitMs,
  }: UserSemaphoreOptions) {
    this.#options = { meter, total, perUser, exceedsShare, maxWaitingPerUser, maxUnsentPerUser, waitMs }
    this.#free = total
  }

  /** Throws `LimitReached` if too many operations of the user wait, or if too many bytes of answers are unsent. */
  requireRoom(userId: UserId): void {
    const { maxWaitingPerUser, maxUnsentPerUser } = this.#options
    const user = this.#users.get(userId)
    if (user === undefined) return
    if (user.unsent >= 2 * maxUnsentPerUser)
      throw this.#refusal('You have not read your answers. Read them before you send more operations.', 1000)
    if (user.waiting.length < maxWaitingPerUser) return
    throw this.#refusal('Too many of your operations are waiting. Send more when they are answered.', 1000)
  }

  /** Resolves with a permit; disposing of it releases it. Rejects with `LimitReached` if none was free in time. */
  acquire(userId: UserId): Promise<Disposable> | Disposable {
    const user = this.#userOf(userId)
    if (user.waiting.length === 0 && this.#free > 0 && this.#mayHoldMore(userId, user))
      return this.#permit(userId, user)
    const { promise, resolve, reject } = Promise.withResolvers<Disposable>()
    const refuse = (): void => {
      // The user may have fallen below the share since, which releases nothing.
      this.#grantAll()
      const index = user.waiting.indexOf(waiting)
      if (index === -1) return
      user.waiting.splice(index, 1)
      this.#removeIfIdle(userId, user)
      reject(this.#refusal('Your other operations take too long. Send fewer at the same time.', this.#options.waitMs))
    }
    const waiting: Waiting = { resolve, timer: setTimeout(refuse, this.#options.waitMs) }
    user.waiting.push(waiting)
    this.#grantAll()
    return promise
  }

  /** This many bytes of an answer are unsent until the returned function is called. */
  holdUnsent(userId: UserId, bytes: number): () => void {
    const user = this.#userOf(userId)
    user.unsent += bytes
    let over = false
    return () => {
      if (over) return
      over = true
      user.unsent -= bytes
      this.#grantAll()
      this.#removeIfIdle(userId, user)
    }
  }

  #userOf(userId: UserId): UserPermits {
    const user = this.#users.get(userId) ?? { held: 0, unsent: 0, waiting: [] }
    this.#users.set(userId, user)
    return user
  }

  #mayHoldMore(userId: UserId, { held, unsent }: UserPermits): boolean {
    const { perUser, maxUnsentPerUser, exceedsShare } = this.#options
    if (held >= perUser || unsent >= maxUnsentPerUser) return false
    return held === 0 || !exceedsShare(userId)
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
        this.#removeIfIdle(userId, user)
      },
    }
  }

  #grantAll(): void {
    while (this.#free > 0 && this.#grantNext());
  }

  /** Among users with equally few permits, the longest-waiting one gets it. Returns false if no waiting user may have one. */
  #grantNext(): boolean {
    let next: [UserId, UserPermits] | undefined
    for (const entry of this.#users) {
      const [userId, user] = entry
      if (
        user.waiting.length > 0 &&
        this.#mayHoldMore(userId, user) &&
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
    // A user who has just got a permit comes after the others.
    this.#users.delete(userId)
    this.#users.set(userId, user)
    return true
  }

  #removeIfIdle(userId: UserId, user: UserPermits): void {
    const idle = user.held === 0 && user.unsent === 0 && user.waiting.length === 0
    if (idle && this.#users.get(userId) === user) this.#users.delete(userId)
  }

  #refusal(message: string, retryAfterMs: number): LimitReached {
    return limitReached(this.#options.meter, 'waitingOperationsPerUser', message, { retryAfterMs })
  }
}
