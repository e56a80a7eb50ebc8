export interface Swept {
  /** Called about once a second. */
  sweep(): void
}

/** One timer for all connections: what need not be punctual is looked at once a second. */
export class ConnectionSweep implements Disposable {
  readonly #connections = new Set<Swept>()
  readonly #timer = setInterval(() => this.#sweep(), 1000).unref()

  add(connection: Swept): Disposable {
    this.#connections.add(connection)
    return { [Symbol.dispose]: () => void this.#connections.delete(connection) }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #sweep(): void {
    for (const connection of this.#connections) connection.sweep()
  }
}
