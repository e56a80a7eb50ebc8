/** If either limit is exceeded, reading from the socket pauses. */
const maxWaitingFrames = 16
const maxWaitingBytes = 65_536

interface PausableSource {
  pause(): void
  resume(): void
}

/**
 * Handles the frames of one connection one after the other, in the order of arrival. Reading from the socket pauses while
 * too many wait. A frame whose handling is synchronous is handled before `push` returns.
 */
export class FrameQueue<Frame extends { readonly bytes: number }> {
  readonly #handle: (frame: Frame) => void | Promise<void>
  readonly #source: PausableSource
  readonly #waiting: Frame[] = []
  #waitingBytes = 0
  #running = false
  #paused = false

  /** `handle` neither throws nor rejects. */
  constructor(handle: (frame: Frame) => void | Promise<void>, source: PausableSource) {
    this.#handle = handle
    this.#source = source
  }

  push(frame: Frame): void {
    if (!this.#running) {
      this.#running = true
      const handling = this.#handle(frame)
      if (handling === undefined) this.#running = false
      else void this.#runAfter(handling)
      return
    }
    this.#waiting.push(frame)
    this.#waitingBytes += frame.bytes
    const isFull = this.#waiting.length >= maxWaitingFrames || this.#waitingBytes >= maxWaitingBytes
    if (isFull && !this.#paused) {
      this.#paused = true
      this.#source.pause()
    }
  }

  /** Discards the waiting frames. */
  clear(): void {
    this.#waiting.length = 0
    this.#waitingBytes = 0
    this.#resume()
  }

  async #runAfter(handling: Promise<void>): Promise<void> {
    await handling
    for (let frame = this.#waiting.shift(); frame !== undefined; frame = this.#waiting.shift()) {
      this.#waitingBytes -= frame.bytes
      await this.#handle(frame)
      if (this.#waiting.length === 0) this.#resume()
    }
    this.#running = false
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#source.resume()
  }
}
