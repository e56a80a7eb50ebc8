import type { Command } from './command.ts'
import { takeFairShare } from './fair-share.ts'

/** Most commands in one batch. */
const maxBatchSize = 256
/** After a batch of at least this many commands, the lane waits for more commands before it runs the next batch, */
const minCommandsToGather = 8
/** until this share of the last batch's size is waiting. */
const gatherShare = 0.8

export interface LaneDependencies {
  /** Settles the commands and returns those that it deferred, because another writer holds a lock. Never rejects. */
  readonly run: (commands: readonly Command[]) => Promise<readonly Command[]>
  /** Receives deferred commands. Without it, they are run again before all waiting commands. */
  readonly defer?: (commands: readonly Command[]) => void
  /** Most milliseconds that the lane waits for more commands after a large batch. */
  readonly gatherMs: number
  /** Called whenever the lane has finished all commands. */
  readonly onIdle?: () => void
}

/**
 * Runs commands in batches, one batch at a time: commands that arrive while a batch runs form the next one. If more wait
 * than fit in a batch, users get equal shares of it.
 */
export class Lane {
  readonly #dependencies: LaneDependencies
  #waiting: Command[] = []
  #lastSize = 0
  #running: Promise<void> | undefined

  constructor(dependencies: LaneDependencies) {
    this.#dependencies = dependencies
  }

  /** Resolves when all commands are finished; undefined while the lane is idle. */
  get running(): Promise<void> | undefined {
    return this.#running
  }

  push(...commands: readonly Command[]): void {
    this.#waiting.push(...commands)
    this.#running ??= this.#work()
  }

  /** Removes and returns the waiting commands that match, in their order. */
  take(matches: (command: Command) => boolean): readonly Command[] {
    const taken = this.#waiting.filter(matches)
    if (taken.length > 0) this.#waiting = this.#waiting.filter(command => !matches(command))
    return taken
  }

  /**
   * Clients whose commands were answered together send their next commands within moments. If the first of these ran
   * alone, the others would wait for a whole commit. A lane with few commands does not wait.
   */
  async #gather(): Promise<void> {
    const { gatherMs } = this.#dependencies
    if (gatherMs === 0 || this.#lastSize < minCommandsToGather) return
    const until = performance.now() + gatherMs
    while (this.#waiting.length < this.#lastSize * gatherShare && performance.now() < until)
      await new Promise(resolve => setTimeout(resolve, 1))
  }

  #takeBatch(): readonly Command[] {
    if (this.#waiting.length <= maxBatchSize) return this.#waiting.splice(0)
    const { taken, left } = takeFairShare(this.#waiting, maxBatchSize)
    this.#waiting = left
    return taken
  }

  async #work(): Promise<void> {
    const { run, defer, onIdle } = this.#dependencies
    try {
      // Not a microtask: everything that is read from sockets in this tick of the event loop belongs to one batch.
      while (this.#waiting.length > 0) {
        await new Promise(resolve => setImmediate(resolve))
        await this.#gather()
        const batch = this.#takeBatch()
        this.#lastSize = batch.length
        const deferred = await run(batch)
        if (deferred.length === 0) continue
        if (defer === undefined) this.#waiting.unshift(...deferred)
        else defer(deferred)
      }
    } finally {
      this.#running = undefined
      onIdle?.()
    }
  }
}
