/** Lets a fixed number of tasks run at once; the others wait in the order of asking. */
export class Semaphore {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free === 0) await new Promise<void>(resolve => this.#waiting.push(resolve))
    else this.#free -= 1
    return this.#runWithPermit(work)
  }

  /** Returns undefined when no permit is free. */
  tryRun<Result>(work: () => Promise<Result>): Promise<Result> | undefined {
    if (this.#free === 0) return undefined
    this.#free -= 1
    return this.#runWithPermit(work)
  }

  async #runWithPermit<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
