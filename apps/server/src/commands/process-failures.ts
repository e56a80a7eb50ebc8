import type { Logger } from '../services/telemetry/logger.ts'

/** The exit code after an uncaught exception. Any code but 0 makes a supervisor restart the process. */
const failureExitCode = 70

/**
 * Handles unhandled rejections and uncaught exceptions of a serving process. An unhandled rejection is logged and counted,
 * and the process continues, because it concerns one operation. After an uncaught exception the state may be inconsistent,
 * so the process drains and exits.
 */
export class ProcessFailures implements Disposable {
  /** Resolves at the first uncaught exception. */
  readonly uncaught: Promise<'stop'>
  readonly #log: Logger
  readonly #drainMs: number
  readonly #stop: (why: 'stop') => void
  #unhandledRejections = 0
  #deadline: NodeJS.Timeout | undefined

  /** The milliseconds that the process may run on after an uncaught exception. */
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
      // The exception may come from writing the log. An exception here would end the process at once.
    }
  }
}

/** What was thrown, as an error with a stack. */
const errorOf = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error('A value that is not an Error was thrown.', { cause: thrown })
