import type { Command } from './command.ts'

/** Commands that share one commit, at most. */
const batchSize = 256

/** Runs commands in batches, one at a time: those that arrive while a batch runs form the next one. */
export class Lane {
  readonly #run: (commands: readonly Command[]) => Promise<void>
  readonly #idle: () => void
  #waiting: Command[] = []
  #running: Promise<void> | undefined

  /**
   * `run` settles every command that it is given, or puts it into another lane; it never rejects. `idle` is called whenever
   * nothing is left to do.
   */
  constructor(run: (commands: readonly Command[]) => Promise<void>, idle: () => void = () => undefined) {
    this.#run = run
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

  async #work(): Promise<void> {
    try {
      // The end of the turn, not a microtask: all that this turn of the event loop reads from sockets is one batch.
      while (this.#waiting.length > 0) {
        await new Promise(resolve => setImmediate(resolve))
        await this.#run(this.#waiting.splice(0, batchSize))
      }
    } finally {
      this.#running = undefined
      this.#idle()
    }
  }
}
