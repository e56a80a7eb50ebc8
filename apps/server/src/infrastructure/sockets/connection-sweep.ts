export interface Swept {
  /** Called about once a second. `now` is of the monotonic clock, in milliseconds. */
  sweep(now: number): void
}

/** One timer that checks the deadlines of all connections. */
export class ConnectionSweep implements Disposable {
  readonly #connections = new Set<Swept>()
  readonly #timer: NodeJS.Timeout

  constructor(everyMs = 1000) {
    this.#timer = setInterval(() => this.#sweep(), everyMs).unref()
  }

  add(connection: Swept): Disposable {
    this.#connections.add(connection)
    return { [Symbol.dispose]: () => void this.#connections.delete(connection) }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #sweep(): void {
    const now = performance.now()
    for (const connection of this.#connections) connection.sweep(now)
  }
}
