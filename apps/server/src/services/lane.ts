import type { Command } from './command.ts'

/** Commands that share one commit, at most. */
const batchSize = 256
/** After a batch of so many the next one is waited for, until this share of as many is there. */
const manyCommands = 8
const mostOf = 0.8

/** Runs commands in batches, one at a time: those that arrive while a batch runs form the next one. */
export class Lane {
  readonly #run: (commands: readonly Command[]) => Promise<void>
  readonly #idle: () => void
  readonly #gatherMs: number
  #waiting: Command[] = []
  #last = 0
  #running: Promise<void> | undefined

  /**
   * `run` settles every command that it is given, or puts it into another lane; it never rejects. `idle` is called whenever
   * nothing is left to do. After a batch of many commands the next one waits up to `gatherMs` for most of as many.
   */
  constructor(
    run: (commands: readonly Command[]) => Promise<void>,
    gatherMs: number,
    idle: () => void = () => undefined,
  ) {
    this.#run = run
    this.#gatherMs = gatherMs
    this.#idle = idle
  }

  /** Resolves when nothing waits and nothing runs; undefined where that is so. */
  get running(): Promise<void> | undefined {
    return this.#running
  }

  push(command: Command): void {
    this.#waiting.push(command)
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
    if (this.#gatherMs === 0 || this.#last < manyCommands) return
    const until = performance.now() + this.#gatherMs
    while (this.#waiting.length < this.#last * mostOf && performance.now() < until)
      await new Promise(resolve => setTimeout(resolve, 1))
  }

  async #work(): Promise<void> {
    try {
      // The end of the turn, not a microtask: all that this turn of the event loop reads from sockets is one batch.
      while (this.#waiting.length > 0) {
        await new Promise(resolve => setImmediate(resolve))
        await this.#gather()
        const batch = this.#waiting.splice(0, batchSize)
        this.#last = batch.length
        await this.#run(batch)
      }
    } finally {
      this.#running = undefined
      this.#idle()
    }
  }
}
