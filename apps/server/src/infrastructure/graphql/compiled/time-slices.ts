/** How long answers may be written in one turn of the event loop before everything else has its turn. */
const sliceMs = 8
/** The clock is looked at once for so many steps. */
const stepsAtOnce = 32

interface Waiting {
  readonly work: () => void
  /** Nothing else that waits runs in its turn. */
  readonly alone: boolean
}

/** Shares the event loop between the writing of large answers and everything else. */
export class TimeSlices {
  #began: number | undefined
  #steps = 0
  #scheduled = false
  #waiting: Waiting[] = []
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
    this.#wait({ work, alone: false })
  }

  /**
   * Resolves in a later turn, after what was deferred before and with none of it: for what takes some milliseconds and cannot
   * be divided.
   */
  ownTurn(): Promise<void> {
    return new Promise(work => this.#wait({ work, alone: true }))
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting)
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
    this.#waiting = this.#waiting.slice(this.#runFirst(began))
    if (this.#began !== undefined) this.#schedule()
  }

  /** Answers how many of those that wait have run. */
  #runFirst(began: number): number {
    let done = 0
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[done]) {
      if (done > 0 && (next.alone || performance.now() - began > sliceMs)) break
      next.work()
      done += 1
      if (next.alone) break
    }
    return done
  }
}

/** Of this process: answers share one event loop. */
export const timeSlices = new TimeSlices()
