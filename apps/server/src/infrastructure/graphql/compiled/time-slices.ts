/** How long answers may be written in one turn of the event loop before everything else has its turn. */
const sliceMs = 8
/** The clock is looked at once for so many steps. */
const stepsAtOnce = 32

/** Shares the event loop between the writing of large answers and everything else. */
export class TimeSlices {
  #began: number | undefined
  #steps = 0
  #scheduled = false
  #waiting: (() => void)[] = []
  readonly #onTurn = (): void => this.#turn()

  /** Called at each step of a long work: true where the rest of it is to be deferred. */
  step(): boolean {
    this.#steps += 1
    return this.#steps % stepsAtOnce === 0 && this.over()
  }

  /** As `step`, before a work that is long in itself. */
  over(): boolean {
    const now = performance.now()
    if (this.#began !== undefined) return now - this.#began > sliceMs
    this.#began = now
    this.#schedule()
    return false
  }

  /** Runs it in a later turn, after what was deferred before. It must not throw. */
  defer(work: () => void): void {
    this.#waiting.push(work)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#onTurn)
  }

  #turn(): void {
    this.#scheduled = false
    const began = performance.now()
    this.#began = this.#waiting.length === 0 ? undefined : began
    let done = 0
    while (done < this.#waiting.length && performance.now() - began <= sliceMs) {
      this.#waiting[done]?.()
      done += 1
    }
    this.#waiting = this.#waiting.slice(done)
    if (this.#began !== undefined) this.#schedule()
  }
}

/** Of this process: answers share one event loop. */
export const timeSlices = new TimeSlices()
