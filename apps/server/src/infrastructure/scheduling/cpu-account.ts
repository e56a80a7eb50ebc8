/** The time constant of the decay: usage of this many milliseconds ago counts for 1/e. */
const memoryMs = 1000

/** Keys of addresses start with it; user ids never do. */
export const addressPrefix = ' '

/** Work that waits for a turn of the event loop. */
interface WaitingWork {
  /** Must not throw. */
  readonly run: () => void
  /** The work takes milliseconds and cannot be split, so it must be the first deferred work of its turn. */
  readonly alone: boolean
}

/** The recent CPU time of one user or address, and its deferred work, in order of arrival. */
export class CpuAccount {
  /** Undefined for work without a user, such as deliveries. It has no share and is never deferred for exceeding one. */
  readonly key: string | undefined
  /** False for addresses, and for work without a user. */
  readonly isOfUser: boolean
  readonly waiting: WaitingWork[] = []
  #ms = 0
  #at = 0

  constructor(key?: string) {
    this.key = key
    this.isOfUser = key !== undefined && !key.startsWith(addressPrefix)
  }

  /** Milliseconds of CPU time over about the last second, with exponential decay. */
  used(now: number): number {
    return this.#ms === 0 ? 0 : this.#ms * Math.exp((this.#at - now) / memoryMs)
  }

  add(ms: number, now: number): void {
    this.#ms = this.used(now) + ms
    this.#at = now
  }
}

/** For work of the server, such as deliveries. */
export const noUser = new CpuAccount()
