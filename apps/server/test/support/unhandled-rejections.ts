type Listener = (reason: unknown, promise: Promise<unknown>) => void

/**
 * Rejections of this process that nothing handles while this is in use. It takes the place of all other listeners: the test
 * runner's would fail the run for a rejection of a library that is only compared with.
 */
export class UnhandledRejections implements Disposable {
  #reasons: unknown[] = []
  readonly #others: readonly Listener[] = process.listeners('unhandledRejection')
  readonly #note: Listener = reason => {
    this.#reasons.push(reason)
  }

  constructor() {
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', this.#note)
  }

  /** The rejections since the last call, once Node has reported all earlier ones. */
  async take(): Promise<readonly unknown[]> {
    await new Promise(resolve => setImmediate(resolve))
    const reasons = this.#reasons
    this.#reasons = []
    return reasons
  }

  [Symbol.dispose](): void {
    process.off('unhandledRejection', this.#note)
    for (const listener of this.#others) process.on('unhandledRejection', listener)
  }
}
