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
    const turn = Promise.all([awaited, this.#last.get(key)]).then(([value]) => ({ result: go(value) }))
    const over = turn.then(
      () => undefined,
      () => undefined,
    )
    this.#last.set(key, over)
    void over.then(() => {
      if (this.#last.get(key) === over) this.#last.delete(key)
    })
    return (await turn).result
  }
}
