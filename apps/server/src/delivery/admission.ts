import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { unavailable } from '@cpc-messenger/messenger'

/** Who may wait: more come than can be served. */
const mostWaiting = 100_000

export interface AdmissionPace {
  /** So many are let in as they come before anybody waits. */
  readonly withoutWaiting: number
  /** Let in together, at most. */
  readonly atOnce: number
  /** Whoever comes next waits so long for each that was let in together, but for the first. */
  readonly pauseEachMs: number
  readonly longestPauseMs: number
}

/**
 * Lets in, in the order of coming, those who are about to ask the store. A lone one waits for nothing. Those of a storm
 * gather and go in together, so that what they ask is asked as sets, and in between the store has as much time for others.
 */
export class Admission {
  readonly #pace: AdmissionPace
  readonly #waiting: (() => void)[] = []
  /** Let in since the last turn of the event loop, or the last pause. */
  #admitted = 0
  #pacing = false

  constructor(pace: AdmissionPace) {
    this.#pace = pace
  }

  async enter(): Promise<void> {
    if (this.#waiting.length >= mostWaiting) throw unavailable('Too many streams open at once: try again in a moment.')
    if (!this.#pacing) void this.#paceOthers()
    if (this.#waiting.length === 0 && this.#admitted < this.#pace.withoutWaiting) {
      this.#admitted += 1
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    return promise
  }

  /** Lets in those who wait, until nobody does. */
  async #paceOthers(): Promise<void> {
    this.#pacing = true
    do {
      const admittedAt = performance.now()
      await turn()
      const pauseMs = this.#pauseAfter(this.#admitted, performance.now() - admittedAt)
      if (pauseMs >= 1) await delay(pauseMs, undefined, { ref: false })
      const next = this.#waiting.splice(0, this.#pace.atOnce)
      this.#admitted = next.length
      for (const letIn of next) letIn()
    } while (this.#admitted > 0)
    this.#pacing = false
  }

  /** Where as many wait as may go in together, nothing is gained by gathering more. */
  #pauseAfter(admitted: number, tookMs: number): number {
    if (admitted === 1) return 0
    const { atOnce, pauseEachMs, longestPauseMs } = this.#pace
    const gathering = this.#waiting.length >= atOnce ? 0 : (admitted - 1) * pauseEachMs
    return Math.min(longestPauseMs, Math.max(tookMs, gathering))
  }
}
