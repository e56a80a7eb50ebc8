import type { Log } from '../services/log.ts'

const seldomMs = 60_000

interface Said {
  readonly at: number
  unsaid: number
}

/** Says the same thing once a minute at most, and then how often it has kept it to itself. */
export class SeldomLog {
  readonly #log: Log
  readonly #said = new Map<string, Said>()

  constructor(log: Log) {
    this.#log = log
  }

  /** `message` is one of a fixed set. */
  warn(fields: object, message: string): void {
    const now = performance.now()
    const said = this.#said.get(message)
    if (said !== undefined && now - said.at < seldomMs) {
      said.unsaid += 1
      return
    }
    this.#said.set(message, { at: now, unsaid: 0 })
    const again = said === undefined || said.unsaid === 0 ? {} : { times: said.unsaid + 1 }
    this.#log.warn({ ...fields, ...again }, message)
  }
}
