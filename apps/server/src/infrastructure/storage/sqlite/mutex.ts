/** A mutex with a FIFO queue. */
export class Mutex {
  #last: Promise<void> = Promise.resolve()

  /** Resolves when the caller holds the mutex, with a function that releases it. */
  async acquire(): Promise<() => void> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    await before
    return resolve
  }
}
