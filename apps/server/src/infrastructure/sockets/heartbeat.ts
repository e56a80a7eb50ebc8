/** Decides when to ping, and whether the pong is late. Times are of a monotonic clock, in milliseconds. */
export class Heartbeat {
  readonly #everyMs: number
  #pingedAt: number
  #awaited = false

  constructor(everySeconds: number, now: number) {
    this.#everyMs = everySeconds * 1000
    this.#pingedAt = now
  }

  answered(): void {
    this.#awaited = false
  }

  beat(now: number): 'rest' | 'ping' | 'missed' {
    if (now - this.#pingedAt < this.#everyMs) return 'rest'
    if (this.#awaited) return 'missed'
    this.#pingedAt = now
    this.#awaited = true
    return 'ping'
  }

  /** No pong can be expected for now: the interval starts again. */
  postpone(now: number): void {
    this.#pingedAt = now
  }
}
