/** What a turn of the event loop took at most, and how much memory was in use at most, until it is disposed of. */
export class TurnWatch implements Disposable {
  readonly #timer: NodeJS.Timeout
  readonly #before: number
  #last = ownMs()
  #longestMs = 0
  #maxBytes: number

  constructor() {
    this.#before = usedBytes()
    this.#maxBytes = this.#before
    this.#timer = setInterval(() => this.#look(), 1)
  }

  /**
   * CPU of this thread, so that what else the machine does does not count. A garbage collection on this thread does.
   */
  get longestMs(): number {
    this.#look()
    return this.#longestMs
  }

  /** What is not garbage, or has not been collected yet, beyond what there was at first. */
  get grownBytes(): number {
    return this.#maxBytes - this.#before
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = ownMs()
    this.#longestMs = Math.max(this.#longestMs, now - this.#last)
    this.#maxBytes = Math.max(this.#maxBytes, usedBytes())
    this.#last = ownMs()
  }
}

const ownMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const usedBytes = (): number => {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
