/** Frames that may wait for the one before them; beyond that, no more is read from the socket. */
const longest = 16

export interface Valve {
  pause(): void
  resume(): void
}

/** Handles the frames of one connection one after the other, in the order in which they came. */
export class FrameQueue<Frame> {
  readonly #handle: (frame: Frame) => Promise<void>
  readonly #valve: Valve
  #waiting: Frame[] = []
  #running = false
  #paused = false

  /** `handle` never rejects. */
  constructor(handle: (frame: Frame) => Promise<void>, valve: Valve) {
    this.#handle = handle
    this.#valve = valve
  }

  get paused(): boolean {
    return this.#paused
  }

  push(frame: Frame): void {
    this.#waiting.push(frame)
    if (!this.#running) void this.#run()
    else if (this.#waiting.length >= longest && !this.#paused) {
      this.#paused = true
      this.#valve.pause()
    }
  }

  /** What has not begun never will. */
  clear(): void {
    this.#waiting = []
    this.#open()
  }

  async #run(): Promise<void> {
    this.#running = true
    for (let frame = this.#waiting.shift(); frame !== undefined; frame = this.#waiting.shift()) {
      await this.#handle(frame)
      if (this.#waiting.length === 0) this.#open()
    }
    this.#running = false
  }

  #open(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#valve.resume()
  }
}
