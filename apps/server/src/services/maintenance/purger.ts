import { setImmediate as turn } from 'node:timers/promises'
import type { MessageStore } from '@cpc-messenger/messenger'
import type { Logger } from '../telemetry/logger.ts'

const rowsAtOnce = 500

/** Erases rows of deleted conversations in small batches, so that commands do not wait for it. */
export class Purger implements AsyncDisposable {
  readonly #store: MessageStore
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  #running: Promise<void> | undefined
  #ending = false

  constructor(store: MessageStore, log: Logger, everyMs = 5000) {
    this.#store = store
    this.#log = log
    this.#timer = setInterval(() => void this.run(), everyMs).unref()
  }

  /** Resolves when everything is erased. */
  run(): Promise<void> {
    this.#running ??= this.#purge().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true
    clearInterval(this.#timer)
    await this.#running
  }

  async #purge(): Promise<void> {
    try {
      while (!this.#ending && (await this.#store.purge(rowsAtOnce)) > 0) await turn()
    } catch (error) {
      this.#log.warn({ err: error }, 'erasing deleted conversations failed; retrying later')
    }
  }
}
