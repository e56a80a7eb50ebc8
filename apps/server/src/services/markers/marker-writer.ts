import type { Logger } from '../telemetry/logger.ts'

/** Writes the markers that have moved about once a second, and when it is disposed of. What cannot be written is kept. */
export class MarkerWriter implements AsyncDisposable {
  readonly #flush: () => Promise<void>
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  #writing: Promise<void> | undefined
  #isOutageLogged = false

  /** `flush` writes the markers that moved before. */
  constructor(flush: () => Promise<void>, log: Logger, everyMs = 1000) {
    this.#flush = flush
    this.#log = log
    this.#timer = setInterval(() => void this.write(), everyMs).unref()
  }

  /** Never rejects. */
  write(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#writing
    await this.write()
  }

  async #write(): Promise<void> {
    try {
      await this.#flush()
      this.#isOutageLogged = false
    } catch (error) {
      if (!this.#isOutageLogged)
        this.#log.warn({ err: error }, 'writing read markers failed; they are kept in memory and written later')
      this.#isOutageLogged = true
    }
  }
}
