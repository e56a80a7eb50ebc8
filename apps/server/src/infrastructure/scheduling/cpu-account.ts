/** After so many milliseconds a third of what was used still counts. */
const memoryMs = 1000

/** Keys of addresses begin with it, and no user id. */
export const addressPrefix = ' '

/** Work that waits for a turn of the event loop. */
export interface WaitingWork {
  /** Must not throw. */
  readonly run: () => void
  /** It takes some milliseconds and cannot be divided: nothing else that waits runs before it in its turn. */
  readonly alone: boolean
}

/** What one user has used of the event loop lately, and what of theirs waits for it, in the order in which it came. */
export class CpuAccount {
  /** Without one it is of nobody, as deliveries are: it has no share that it could exceed. */
  readonly key: string | undefined
  /** Not of an address, nor of no user at all. */
  readonly isOfUser: boolean
  readonly waiting: WaitingWork[] = []
  #ms = 0
  #at = 0

  constructor(key?: string) {
    this.key = key
    this.isOfUser = key !== undefined && !key.startsWith(addressPrefix)
  }

  /** Milliseconds of CPU of about the last second: what is older counts less and less. */
  used(now: number): number {
    return this.#ms === 0 ? 0 : this.#ms * Math.exp((this.#at - now) / memoryMs)
  }

  add(ms: number, now: number): void {
    this.#ms = this.used(now) + ms
    this.#at = now
  }
}
