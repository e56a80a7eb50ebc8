import type { Logger } from '../../services/telemetry/logger.ts'

const intervalMs = 60_000

interface Logged {
  readonly at: number
  suppressed: number
}

/** Logs each message at most once a minute; the next line carries `times`, which counts the suppressed ones too. */
export class ThrottledLogger {
  readonly #log: Logger
  readonly #logged = new Map<string, Logged>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** `message` is one of a fixed set. */
  warn(fields: object, message: string): void {
    const now = performance.now()
    const last = this.#logged.get(message)
    if (last !== undefined && now - last.at < intervalMs) {
      last.suppressed += 1
      return
    }
    this.#logged.set(message, { at: now, suppressed: 0 })
    const repeated = last === undefined || last.suppressed === 0 ? {} : { times: last.suppressed + 1 }
    this.#log.warn({ ...fields, ...repeated }, message)
  }
}
