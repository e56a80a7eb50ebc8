import type { MarkerStore } from '@cpc-messenger/messenger'
import type { Logger } from '../telemetry/logger.ts'

/** Writes the markers that have moved about once a second, and when it is disposed of. What cannot be written is kept. */
export class MarkerWriter implements AsyncDisposable {
  readonly #markers: Pick<MarkerStore, 'flush'>
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  #writing: Promise<void> | undefined
  #isOutageLogged = false

  constructor(markers: Pick<MarkerStore, 'flush'>, log: Logger, everyMs = 1000) {
    this.#markers = markers
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
      await this.#markers.flush()
      this.#isOutageLogged = false
    } catch (error) {
      if (!this.#isOutageLogged)
        this.#log.warn({ err: error }, 'writing read markers failed; they are kept in memory and written later')
      this.#isOutageLogged = true
    }
  }
}
