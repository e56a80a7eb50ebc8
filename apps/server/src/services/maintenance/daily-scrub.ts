import type { Logger } from '../telemetry/logger.ts'
import type { Purger } from './purger.ts'

/** The next time at which it is this hour of the day, in the time zone of this process. */
export const nextHour = (hour: number, now: Date): Date => {
  const next = new Date(now)
  next.setHours(hour, 0, 0, 0)
  if (next <= now) next.setDate(next.getDate() + 1)
  return next
}

const retryMs = 3_600_000

interface DailyScrubOptions {
  /** The hour of the day, 0 to 23. */
  readonly hour: number
  /** Overwrites what was erased, unless the signal ends it before; returns what to log. */
  readonly scrub: (signal: AbortSignal) => Promise<object>
  readonly purger: Pick<Purger, 'run'>
  readonly log: Logger
}

/** Scrubs the data once a day, after everything that is erased was deleted. If that fails, it is tried again an hour later. */
export class DailyScrub implements AsyncDisposable {
  readonly #options: DailyScrubOptions
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  readonly #end = new AbortController()

  constructor(options: DailyScrubOptions) {
    this.#options = options
    this.#waitForHour()
  }

  /** Resolves when the data is scrubbed, or could not be. */
  run(): Promise<void> {
    this.#running ??= this.#scrub().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    clearTimeout(this.#timer)
    await this.#running
  }

  #waitForHour(): void {
    const now = new Date()
    this.#runAfter(nextHour(this.#options.hour, now).getTime() - now.getTime())
  }

  #runAfter(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.run(), ms).unref()
  }

  async #scrub(): Promise<void> {
    const { purger, scrub, log } = this.#options
    try {
      await purger.run()
      if (this.#end.signal.aborted) return
      log.info(await scrub(this.#end.signal), 'scrubbed the database file')
      this.#waitForHour()
    } catch (error) {
      if (this.#end.signal.aborted) return
      log.warn({ err: error }, 'scrubbing the database file failed; trying again in an hour')
      this.#runAfter(retryMs)
    }
  }
}
