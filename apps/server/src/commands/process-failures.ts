import type { Logger } from '../services/telemetry/logger.ts'

/** What a serving process ends with after an uncaught exception. Any code but 0 makes a supervisor start it again. */
export const failureExitCode = 70

/**
 * Handles what nothing else in a serving process handles. An unhandled rejection is logged and counted, and the process
 * goes on: what was rejected belongs to one operation. An uncaught exception may leave anything half-done, so that the
 * process drains and ends.
 */
export class ProcessFailures implements Disposable {
  /** Resolves at the first uncaught exception. */
  readonly uncaught: Promise<'stop'>
  readonly #log: Logger
  readonly #drainMs: number
  readonly #stop: (why: 'stop') => void
  #unhandledRejections = 0
  #deadline: NodeJS.Timeout | undefined

  /** After an uncaught exception the process has so many milliseconds left. */
  constructor(log: Logger, drainMs: number) {
    const { promise, resolve } = Promise.withResolvers<'stop'>()
    this.#log = log
    this.#drainMs = drainMs
    this.uncaught = promise
    this.#stop = resolve
    process.on('unhandledRejection', this.#onRejection).on('uncaughtException', this.#onException)
  }

  get unhandledRejections(): number {
    return this.#unhandledRejections
  }

  get exitCode(): number {
    return this.#deadline === undefined ? 0 : failureExitCode
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#onRejection).off('uncaughtException', this.#onException)
  }

  readonly #onRejection = (reason: unknown): void => {
    this.#unhandledRejections += 1
    this.#log.error({ err: errorOf(reason) }, 'a rejection was not handled: this is a bug, please report it')
  }

  readonly #onException = (error: unknown): void => {
    this.#deadline ??= setTimeout(() => process.exit(failureExitCode), this.#drainMs)
    this.#stop('stop')
    try {
      this.#log.error({ err: errorOf(error) }, 'an exception was not caught: this is a bug, please report it; stopping')
    } catch {
      // A log that cannot be written may be the exception itself. An exception in here would end the process at once.
    }
  }
}

/** With a stack, whatever was thrown. */
const errorOf = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error('A value that is not an Error was thrown.', { cause: thrown })
