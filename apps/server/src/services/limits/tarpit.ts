import { setTimeout as delay } from 'node:timers/promises'

export interface TarpitOptions {
  readonly holdMs?: number
  /** Held at once, over all clients. */
  readonly maxHeld?: number
}

/**
 * Holds answers back from clients that do not heed refusals, so that they cannot ask again at full speed. It holds a bounded
 * number.
 */
export class Tarpit {
  readonly #holdMs: number
  readonly #maxHeld: number
  #held = 0

  constructor({ holdMs = 1000, maxHeld = 1000 }: TarpitOptions = {}) {
    this.#holdMs = holdMs
    this.#maxHeld = maxHeld
  }

  /** Resolves after a while; at once, with false, where so many are held already that this one is to be cut instead. */
  async hold(): Promise<boolean> {
    if (this.#held >= this.#maxHeld) return false
    this.#held += 1
    await delay(this.#holdMs, undefined, { ref: false })
    this.#held -= 1
    return true
  }
}
