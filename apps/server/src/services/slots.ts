/** Lets so many work at a time; the others wait their turn. */
export class Slots {
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  async use<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free === 0) await new Promise<void>(resolve => this.#waiting.push(resolve))
    else this.#free -= 1
    return this.#occupied(work)
  }

  /** Undefined where nobody may begin now. */
  tryUse<Result>(work: () => Promise<Result>): Promise<Result> | undefined {
    if (this.#free === 0) return undefined
    this.#free -= 1
    return this.#occupied(work)
  }

  async #occupied<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
