/**
 * The longest turn of the event loop, in milliseconds of CPU of this thread: unlike a delay it is the same while the machine
 * is busy with something else.
 */
export class EventLoopTurns implements Disposable {
  #longest = 0
  #last = cpuOfThread()
  #running = true

  constructor() {
    setImmediate(() => this.#turn())
  }

  /** The longest since this was asked for the last time. */
  take(): number {
    this.#measure()
    const longest = this.#longest
    this.#longest = 0
    return longest
  }

  [Symbol.dispose](): void {
    this.#running = false
  }

  #turn(): void {
    this.#measure()
    if (this.#running) setImmediate(() => this.#turn())
  }

  #measure(): void {
    const now = cpuOfThread()
    this.#longest = Math.max(this.#longest, now - this.#last)
    this.#last = now
  }
}

const cpuOfThread = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
