import type { Command } from './command.ts'
import { takeFairShare } from './fair-share.ts'

/** Commands that share one commit, at most. */
const batchSize = 256
/** After a batch of so many the next one is waited for, until this share of as many is there. */
const manyCommands = 8
const gatherShare = 0.8

export interface LaneDependencies {
  /** Settles the commands, but for those that it answers: somebody else holds what they need. Never rejects. */
  readonly run: (commands: readonly Command[]) => Promise<readonly Command[]>
  /** Takes those over; without it they are run again, before all that wait. */
  readonly pass?: (commands: readonly Command[]) => void
  /** After a batch of many commands the next one waits up to so many milliseconds for most of as many. */
  readonly gatherMs: number
  /** Called whenever nothing is left to do. */
  readonly idle?: () => void
}

/**
 * Runs commands in batches, one at a time: those that arrive while a batch runs form the next one. Where more wait than a
 * batch holds, users take turns.
 */
export class Lane {
  readonly #dependencies: LaneDependencies
  #waiting: Command[] = []
  #last = 0
  #running: Promise<void> | undefined

  constructor(dependencies: LaneDependencies) {
    this.#dependencies = dependencies
  }

  /** Resolves when nothing waits and nothing runs; undefined where that is so. */
  get running(): Promise<void> | undefined {
    return this.#running
  }

  push(...commands: readonly Command[]): void {
    this.#waiting.push(...commands)
    this.#running ??= this.#work()
  }

  /** Takes out those that wait and fit, in their order. */
  take(fits: (command: Command) => boolean): readonly Command[] {
    const taken = this.#waiting.filter(fits)
    if (taken.length > 0) this.#waiting = this.#waiting.filter(command => !fits(command))
    return taken
  }

  /**
   * Those who were answered together send their next commands within moments: the first of them does not go alone, which
   * would keep the others waiting for a whole commit. A lone command is not kept.
   */
  async #gather(): Promise<void> {
    const { gatherMs } = this.#dependencies
    if (gatherMs === 0 || this.#last < manyCommands) return
    const until = performance.now() + gatherMs
    while (this.#waiting.length < this.#last * gatherShare && performance.now() < until)
      await new Promise(resolve => setTimeout(resolve, 1))
  }

  #takeBatch(): readonly Command[] {
    if (this.#waiting.length <= batchSize) return this.#waiting.splice(0)
    const { taken, left } = takeFairShare(this.#waiting, batchSize)
    this.#waiting = left
    return taken
  }

  async #work(): Promise<void> {
    const { run, pass, idle } = this.#dependencies
    try {
      // The end of the turn, not a microtask: all that this turn of the event loop reads from sockets is one batch.
      while (this.#waiting.length > 0) {
        await new Promise(resolve => setImmediate(resolve))
        await this.#gather()
        const batch = this.#takeBatch()
        this.#last = batch.length
        const deferred = await run(batch)
        if (deferred.length === 0) continue
        if (pass === undefined) this.#waiting.unshift(...deferred)
        else pass(deferred)
      }
    } finally {
      this.#running = undefined
      idle?.()
    }
  }
}
