/** How much memory was in use at most, until it is disposed of. */
export class MemoryWatch implements Disposable {
  readonly #timer = setInterval(() => this.#measure(), 1)
  readonly #before = usedBytes()
  #maxBytes = this.#before

  /** What is not garbage, or has not been collected yet, beyond what there was at first. */
  get grownBytes(): number {
    this.#measure()
    return this.#maxBytes - this.#before
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #measure(): void {
    this.#maxBytes = Math.max(this.#maxBytes, usedBytes())
  }
}

const usedBytes = (): number => {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
