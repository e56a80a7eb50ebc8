import type { Receipts } from './subscriber.ts'

const patienceMs = 20_000

/** Counts the events of all subscribers of one server. */
export class Tally implements Receipts {
  count = 0
  bytes = 0
  #wanted = Number.POSITIVE_INFINITY
  #waiting: PromiseWithResolvers<void> | undefined
  #failure: Error | undefined

  add(bytes: number): void {
    this.count += 1
    this.bytes += bytes
    if (this.count === this.#wanted) this.#waiting?.resolve()
  }

  fail(error: Error): void {
    this.#failure ??= error
    this.#waiting?.reject(error)
  }

  /** Resolves when `count` events have arrived. One caller at a time. */
  async reached(count: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.count >= count) return
    const waiting = Promise.withResolvers<void>()
    this.#waiting = waiting
    this.#wanted = count
    const late = (): void => waiting.reject(new Error(`${this.count} deliveries of ${count} have come`))
    const timer = setTimeout(late, patienceMs)
    try {
      await waiting.promise
    } finally {
      clearTimeout(timer)
    }
  }
}
