import { addressPrefix, CpuAccount, noUser } from './cpu-account.ts'

/** The time for deferrable work in one turn of the event loop. */
const turnMs = 8
/** The clock is read once in so many steps. */
const stepsAtOnce = 32

/** Users below this usage are never heavy. */
const alwaysAllowedMs = 4
/** A user above this multiple of the average usage is heavy. */
const shareOfAverage = 1.5
/** How long a user counts as active after their last work. */
const activeMs = 100
/** The time of one turn for all heavy users together. */
const heavySliceMs = 0.5
/** How long a heavy user's piece may continue: a page in more pieces would take more statements. */
const heavyPieceMs = 2
/** Above this usage, a heavy user also pauses after each slice, for `pauseShare` times its length: a tenth of the time is left. */
const pacedFromMs = 100
const pauseShare = 9

/** The unmeasured cost of a request: reading it from the socket, and writing its answer. */
const requestMs = 0.1
/** Work from a socket is measured until other work begins. Anything beyond this was not its own. */
const maxUnmeasuredMs = 1
/** How often accounts below `evictedBelowMs` are evicted. */
const sweepMs = 1000
const evictedBelowMs = 0.02

/**
 * Shares the event loop fairly between users. Work of users with little recent usage runs at once. A user with much more usage
 * than average is heavy: while other users are active, their work is deferred to later turns, where it runs after that of
 * lighter users and gets a small part of each turn. Deferred work of one user runs in order of arrival. Long work is split
 * into pieces; one turn runs at most `turnMs` of them.
 */
export class FairScheduler {
  readonly #accounts = new Map<string, CpuAccount>()
  /** The number of accounts of users; addresses are not counted. */
  #users = 0
  /** The usage of all users. */
  readonly #total = new CpuAccount()
  readonly #waiting = new Set<CpuAccount>()
  #sweptAt = 0
  #scheduled = false
  #timer: NodeJS.Timeout | undefined
  /** The start of the first work of this turn. */
  #turnBegan: number | undefined
  /** The number of deferred works that have run in this turn. */
  #ranInTurn = 0
  /** The account of the deferred work that is running. */
  #turnAccount: CpuAccount | undefined
  #turnAccountSince = 0
  #heavyMs = 0
  #heavyAfter = 0
  #steps = 0
  #running: CpuAccount | undefined
  #runningSince = 0
  #admittedAt = 0
  #lastAccount: CpuAccount | undefined
  #lastRanAt = Number.NEGATIVE_INFINITY
  /** When an account other than the last one ran. */
  #otherRanAt = Number.NEGATIVE_INFINITY
  readonly #onTurn = (): void => this.#turn()
  readonly #onMicrotask = (): void => process.nextTick(this.#onDrained)
  readonly #onDrained = (): void => this.#drained()

  /** The account of a user or an address, or of the server itself. Do not keep it: unused accounts are evicted. */
  of(key: string | undefined): CpuAccount {
    if (key === undefined) return noUser
    const known = this.#accounts.get(key)
    if (known !== undefined) return known
    const account = new CpuAccount(key)
    this.#accounts.set(key, account)
    if (account.isOfUser) this.#users += 1
    return account
  }

  /** Whether the user's work waits for later turns now. */
  exceedsShare(key: string): boolean {
    const account = this.#accounts.get(key)
    return account !== undefined && this.#isHeavy(account, performance.now())
  }

  /** Whether a request of this account may run now; if not, await `turn`. */
  admits(account: CpuAccount): boolean {
    const now = performance.now()
    this.#charge(now, maxUnmeasuredMs)
    if (account.waiting.length > 0 || this.#isHeavy(account, now)) return false
    this.#begin(account, now)
    this.#add(account, requestMs, now)
    return true
  }

  /** Like `admits`, for one piece of deferrable work. Call `ran` when it is done. */
  admitsPiece(account: CpuAccount): boolean {
    const now = performance.now()
    const goesOn = this.#running === account
    this.#charge(now, maxUnmeasuredMs)
    if (!goesOn && account.waiting.length > 0) return false
    if (this.#isOver(account, now, goesOn)) return false
    this.#begin(account, now, goesOn)
    return true
  }

  /** Ends a piece of work. */
  ran(account: CpuAccount): void {
    const now = performance.now()
    this.#charge(now, Number.POSITIVE_INFINITY)
    this.#begin(account, now, true)
  }

  /** Adds usage that was not measured. */
  use(account: CpuAccount, ms: number): void {
    this.#add(account, ms, performance.now())
  }

  /** Call at each step of long work: true if the rest must be deferred. */
  step(account: CpuAccount): boolean {
    this.#steps += 1
    return this.#steps % stepsAtOnce === 0 && this.over(account)
  }

  /** Like `step`, but before a step that is long by itself. */
  over(account: CpuAccount): boolean {
    const now = performance.now()
    const goesOn = this.#running === account
    this.#charge(now, maxUnmeasuredMs)
    const isOver = this.#isOver(account, now, goesOn)
    this.#begin(account, now, goesOn)
    return isOver
  }

  /** Runs this in a later turn, after earlier deferred work of the account. `run` must not throw. */
  defer(account: CpuAccount, run: () => void): void {
    this.#wait(account, run, false)
  }

  /** Resolves in a later turn, after earlier deferred work of the account. */
  turn(account: CpuAccount): Promise<void> {
    return new Promise(resolve => this.#wait(account, resolve, false))
  }

  /** Like `turn`, but as the first deferred work of its turn: for milliseconds of work that cannot be split. */
  ownTurn(account: CpuAccount): Promise<void> {
    return new Promise(resolve => this.#wait(account, resolve, true))
  }

  #wait(account: CpuAccount, run: () => void, alone: boolean): void {
    account.waiting.push({ run, alone })
    this.#waiting.add(account)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#onTurn)
  }

  #add(account: CpuAccount, ms: number, now: number): void {
    account.add(ms, now)
    if (account.isOfUser) this.#total.add(ms, now)
  }

  /** Charges the time until now to the account that began the running work. */
  #charge(now: number, most: number): void {
    const account = this.#running
    if (account === undefined) return
    this.#running = undefined
    this.#add(account, Math.min(now - this.#runningSince, most), now)
  }

  #begin(account: CpuAccount, now: number, goesOn = false): void {
    if (!goesOn) this.#admittedAt = now
    this.#running = account
    this.#runningSince = now
    if (account.isOfUser) this.#noteActive(account, now)
    if (this.#turnBegan !== undefined) return
    this.#turnBegan = now
    this.#schedule()
  }

  /** Deliveries and requests without a token do not count as another active user. */
  #noteActive(account: CpuAccount, now: number): void {
    if (account !== this.#lastAccount) {
      this.#otherRanAt = this.#lastRanAt
      this.#lastAccount = account
    }
    this.#lastRanAt = now
  }

  #isOver(account: CpuAccount, now: number, goesOn: boolean): boolean {
    if (this.#turnBegan !== undefined && now - this.#turnBegan > turnMs) return true
    if (!this.#isHeavy(account, now)) return false
    return !goesOn || now - this.#admittedAt > heavyPieceMs
  }

  /** The account is above its share, and other users are active. */
  #isHeavy(account: CpuAccount, now: number): boolean {
    if (account.key === undefined) return false
    const used = account.used(now)
    if (used < alwaysAllowedMs) return false
    if (used < (shareOfAverage * this.#total.used(now)) / Math.max(this.#users, 1)) return false
    const otherRanAt = account === this.#lastAccount ? this.#otherRanAt : this.#lastRanAt
    return now - otherRanAt < activeMs
  }

  #turn(): void {
    this.#scheduled = false
    const now = performance.now()
    this.#charge(now, maxUnmeasuredMs)
    if (now - this.#sweptAt > sweepMs) this.#sweep(now)
    this.#ranInTurn = 0
    this.#heavyMs = 0
    this.#turnBegan = undefined
    if (this.#waiting.size > 0) this.#runNext(now)
  }

  #runNext(now: number): void {
    const account = this.#choose(now)
    const work = account?.waiting.shift()
    if (account === undefined || work === undefined) {
      this.#pause(now)
      return
    }
    this.#waiting.delete(account)
    if (account.waiting.length > 0) this.#waiting.add(account)
    this.#ranInTurn += 1
    this.#begin(account, now)
    this.#turnAccount = account
    this.#turnAccountSince = now
    work.run()
    // It may continue in microtasks: it is done when none are left.
    queueMicrotask(this.#onMicrotask)
  }

  #drained(): void {
    const now = performance.now()
    const account = this.#turnAccount
    const ms = now - this.#turnAccountSince
    this.#charge(now, Number.POSITIVE_INFINITY)
    if (account !== undefined && this.#isHeavy(account, now)) {
      this.#heavyMs += ms
      if (account.used(now) > pacedFromMs) this.#heavyAfter = now + Math.min(pauseShare * ms, activeMs)
    }
    if (this.#waiting.size > 0) this.#runNext(now)
  }

  /** Light accounts in rotation; then the lightest heavy one, as long as the heavy slice has time. */
  #choose(now: number): CpuAccount | undefined {
    const hasTime = this.#turnBegan === undefined || now - this.#turnBegan < turnMs
    let heavy: CpuAccount | undefined
    for (const account of this.#waiting) {
      if (account.waiting[0]?.alone && this.#ranInTurn > 0) continue
      if (!this.#isHeavy(account, now)) {
        if (hasTime) return account
      } else if (heavy === undefined || account.used(now) < heavy.used(now)) heavy = account
    }
    if (heavy === undefined || (this.#heavyMs > 0 && (!hasTime || this.#heavyMs > heavySliceMs))) return undefined
    return now < this.#heavyAfter && heavy.used(now) > pacedFromMs ? undefined : heavy
  }

  /** Deferred work continues in the next turn, or after the pause of the heavy users. */
  #pause(now: number): void {
    if (this.#ranInTurn > 0 || this.#heavyAfter <= now) {
      this.#schedule()
      return
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#schedule()
    }, this.#heavyAfter - now)
  }

  #sweep(now: number): void {
    this.#sweptAt = now
    for (const [key, account] of this.#accounts)
      if (account.waiting.length === 0 && account.used(now) < evictedBelowMs) {
        this.#accounts.delete(key)
        if (account.isOfUser) this.#users -= 1
      }
  }
}

/** The account key of requests without a token from this address. No user id contains a space. */
export const keyOfAddress = (address = ''): string => `${addressPrefix}${address}`

/** The scheduler of this process's event loop. */
export const fairScheduler = new FairScheduler()
