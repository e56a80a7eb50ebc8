/** For each key, starts work in the order in which it was submitted. */
export class KeyedMutex<Key> {
  readonly #last = new Map<Key, Promise<void>>()

  /** Whether work for this key has not started yet. */
  has(key: Key): boolean {
    return this.#last.has(key)
  }

  /**
   * Calls `start` with the resolved `input`, after everything that was submitted earlier for this key has started. Rejects
   * without calling `start` when `input` rejects. The result of `start` is not awaited before the next one starts.
   */
  async runInOrder<Input, Result>(
    key: Key,
    input: Input | Promise<Input>,
    start: (input: Input) => Result,
  ): Promise<Result> {
    const before = this.#last.get(key)
    const started = Promise.all([input, before]).then(([value]) => ({ result: start(value) }))
    // A rejected input is reported at once; what follows still waits for what came before it.
    const released = Promise.allSettled([started, before]).then(() => undefined)
    this.#last.set(key, released)
    void released.then(() => {
      if (this.#last.get(key) === released) this.#last.delete(key)
    })
    return (await started).result
  }
}
