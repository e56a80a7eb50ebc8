/** Lets what is begun for one key go on in the order in which it was begun. */
export class Turns<Key> {
  readonly #last = new Map<Key, Promise<void>>()

  has(key: Key): boolean {
    return this.#last.has(key)
  }

  /** Calls `go` with what is awaited, after those that came before; where that rejects, so does this, and nothing is called. */
  async take<Awaited, Result>(
    key: Key,
    awaited: Awaited | Promise<Awaited>,
    go: (awaited: Awaited) => Result,
  ): Promise<Result> {
    const before = this.#last.get(key)
    const turn = Promise.all([awaited, before]).then(([value]) => ({ result: go(value) }))
    // One that is awaited in vain is told at once; those after it wait for those before it all the same.
    const over = Promise.allSettled([turn, before]).then(() => undefined)
    this.#last.set(key, over)
    void over.then(() => {
      if (this.#last.get(key) === over) this.#last.delete(key)
    })
    return (await turn).result
  }
}
