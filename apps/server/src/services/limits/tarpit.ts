import { setTimeout as delay } from 'node:timers/promises'

export interface TarpitOptions {
  readonly holdMs?: number
  /** Most answers that are delayed at the same time, over all clients. */
  readonly maxHeld?: number
}

/** Delays answers to clients that ignore refusals, so that they cannot send requests at full speed. */
export class Tarpit {
  readonly #holdMs: number
  readonly #maxHeld: number
  #held = 0

  constructor({ holdMs = 1000, maxHeld = 1000 }: TarpitOptions = {}) {
    this.#holdMs = holdMs
    this.#maxHeld = maxHeld
  }

  /** Resolves with true after the delay. Resolves with false at once if too many answers are delayed already. */
  async hold(): Promise<boolean> {
    if (this.#held >= this.#maxHeld) return false
    this.#held += 1
    await delay(this.#holdMs, undefined, { ref: false })
    this.#held -= 1
    return true
  }
}
