import { addressPrefix, CpuAccount } from './cpu-account.ts'

/** How long work that can wait runs in one turn of the event loop before everything else has its turn. */
const turnMs = 8
/** The clock is looked at once for so many steps. */
const stepsAtOnce = 32

/** Less than this in about a second is never too much. */
const alwaysAllowedMs = 4
/** Whoever has used so many times the average of the users of late is beyond their share. */
const shareOfAverage = 1.5
/** How long somebody counts as active after their last work. */
const activeMs = 100
/** What those who are beyond their share get in one turn, together. */
const heavySliceMs = 0.5
/** How long one that has begun goes on: a page that is cut in more pieces would take more statements. */
const heavyPieceMs = 2
/** From here on they also pause after each slice, for so many times what it took. */
const pacedFromMs = 100
const pauseShare = 2

/** What a request takes beside what is measured: reading it from the socket, and writing its answer. */
const requestMs = 0.1
/** What came from a socket is measured until something else comes: more than this was not all of it. */
const mostUnmeasuredMs = 1
/** How often those are forgotten who have used next to nothing. */
const sweepMs = 1000
const forgottenBelowMs = 0.02

/**
 * Shares the event loop between users. Work of somebody who has used little of it lately runs at once. Whoever has used much
 * more than others waits for later turns, in which those come first who have used less, and gets a small part of each turn
 * while others are active. What was deferred of one user runs in the order in which it came. Long work is cut in pieces, of
 * which a turn takes `turnMs`, whoever they are of.
 */
export class FairScheduler {
  readonly #accounts = new Map<string, CpuAccount>()
  /** Accounts that are of users, not of addresses. */
  #users = 0
  /** Of all users. */
  readonly #total = new CpuAccount()
  readonly #waiting = new Set<CpuAccount>()
  #sweptAt = 0
  #scheduled = false
  #timer: NodeJS.Timeout | undefined
  /** When the first work of this turn began. */
  #turnBegan: number | undefined
  /** Deferred work that has run in this turn. */
  #ranInTurn = 0
  /** Whose deferred work runs. */
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
  /** When another account than the last one ran. */
  #otherRanAt = Number.NEGATIVE_INFINITY
  readonly #onTurn = (): void => this.#turn()
  readonly #onMicrotask = (): void => process.nextTick(this.#onDrained)
  readonly #onDrained = (): void => this.#drained()

  /** The account of a user, or of an address. Not to be kept: one that is not used is forgotten. */
  of(key: string): CpuAccount {
    const known = this.#accounts.get(key)
    if (known !== undefined) return known
    const account = new CpuAccount(key)
    this.#accounts.set(key, account)
    if (account.isOfUser) this.#users += 1
    return account
  }

  /** Whether what somebody asks for may be done now; else `turn` says when. */
  admits(account: CpuAccount): boolean {
    const now = performance.now()
    this.#charge(now, mostUnmeasuredMs)
    if (account.waiting.length > 0 || this.#isHeavy(account, now)) return false
    this.#begin(account, now)
    this.#add(account, requestMs, now)
    return true
  }

  /** As `admits`, for a piece of work that may wait for a later turn; `ran` says when it is done. */
  admitsPiece(account: CpuAccount): boolean {
    const now = performance.now()
    const goesOn = this.#running === account
    this.#charge(now, mostUnmeasuredMs)
    if (!goesOn && account.waiting.length > 0) return false
    if (this.#isOver(account, now, goesOn)) return false
    this.#begin(account, now, goesOn)
    return true
  }

  /** A piece of work is done. */
  ran(account: CpuAccount): void {
    const now = performance.now()
    this.#charge(now, Number.POSITIVE_INFINITY)
    this.#begin(account, now, true)
  }

  /** Something was done for the user that was not measured. */
  use(account: CpuAccount, ms: number): void {
    this.#add(account, ms, performance.now())
  }

  /** Called at each step of a long work: true where the rest of it is to be deferred. */
  step(account: CpuAccount): boolean {
    this.#steps += 1
    return this.#steps % stepsAtOnce === 0 && this.over(account)
  }

  /** As `step`, before a work that is long in itself. */
  over(account: CpuAccount): boolean {
    const now = performance.now()
    const goesOn = this.#running === account
    this.#charge(now, mostUnmeasuredMs)
    const isOver = this.#isOver(account, now, goesOn)
    this.#begin(account, now, goesOn)
    return isOver
  }

  /** Runs it in a later turn, after what was deferred of the account before. It must not throw. */
  defer(account: CpuAccount, run: () => void): void {
    this.#wait(account, run, false)
  }

  /** Resolves in a later turn, after what was deferred of the account before. */
  turn(account: CpuAccount): Promise<void> {
    return new Promise(resolve => this.#wait(account, resolve, false))
  }

  /** As `turn`, with nothing that was deferred before it in the same turn: for some milliseconds that cannot be divided. */
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

  /** What has run up to now is of whoever began it. */
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

  /** Deliveries, and requests without a token, are not another user who wants their share. */
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

  /** It has used more than its share of late, and others want theirs. */
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
    this.#charge(now, mostUnmeasuredMs)
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
    // What it resolves goes on in microtasks: it has run when there are none left.
    queueMicrotask(this.#onMicrotask)
  }

  #drained(): void {
    const now = performance.now()
    const account = this.#turnAccount
    const ms = now - this.#turnAccountSince
    this.#charge(now, Number.POSITIVE_INFINITY)
    if (account !== undefined && this.#isHeavy(account, now)) {
      this.#heavyMs += ms
      if (account.used(now) > pacedFromMs) this.#heavyAfter = now + pauseShare * ms
    }
    if (this.#waiting.size > 0) this.#runNext(now)
  }

  /** Those who have used little in turns; then one of the others, or as many as fit in their slice. */
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

  /** What still waits goes on in the next turn, or when those who wait for it have paused. */
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
      if (account.waiting.length === 0 && account.used(now) < forgottenBelowMs) {
        this.#accounts.delete(key)
        if (account.isOfUser) this.#users -= 1
      }
  }
}

/** The key of those who send no token from this address: no user id holds a space. */
export const keyOfAddress = (address = ''): string => `${addressPrefix}${address}`

/** Of this process, which has one event loop. */
export const fairScheduler = new FairScheduler()
