/**
 * After one connection got no response in time, as when the database moved to another machine, connections that have been idle
 * since before that are suspect too.
 */
export class StaleConnections {
  #since = Number.NEGATIVE_INFINITY

  /** A statement that was sent at this time got no response. */
  timedOut(sentAt: number): void {
    this.#since = Math.max(this.#since, sentAt)
  }

  /** Whether a connection whose last response came at this time may be stale. */
  isSuspect(lastResponseAt: number): boolean {
    return lastResponseAt <= this.#since
  }
}
