/** Work that is deferred to the end of a tick of the event loop. */
export interface TickTask {
  /** The task is scheduled and has not run yet. Only `TickScheduler` changes it. */
  due: boolean
  /** Must not throw. */
  run(): void
}

/** Tasks of one batch that run in one tick before other batches get theirs: some milliseconds of work. */
const sliceSize = 1000
/** In a batch of at least this many tasks, the first one runs alone, one tick ahead of the others. */
const minTasksForLead = 32

/** The tasks that were scheduled in one tick. */
class TickBatch {
  readonly #tasks: readonly TickTask[]
  #next = 0
  #waits: boolean

  constructor(tasks: readonly TickTask[]) {
    this.#tasks = tasks
    this.#waits = tasks.length >= minTasksForLead
  }

  /** Returns whether some tasks are left. */
  runSlice(): boolean {
    if (this.#waits && this.#next > 0) {
      this.#waits = false
      return true
    }
    const end = Math.min(this.#next + (this.#waits ? 1 : sliceSize), this.#tasks.length)
    for (let index = this.#next; index < end; index += 1) {
      const task = this.#tasks[index]
      if (task === undefined) continue
      task.due = false
      task.run()
    }
    this.#next = end
    return end < this.#tasks.length
  }
}

/**
 * Runs each scheduled task once at the end of the current tick of the event loop. A large batch runs in slices, one per
 * tick, alternating with the batches of later ticks. The first task of a large batch runs one tick ahead: the others reuse
 * what it has computed, and what is committed meanwhile goes out in the same writes.
 */
export class TickScheduler {
  #gathered: TickTask[] = []
  readonly #batches: TickBatch[] = []
  #scheduled = false
  readonly #run = (): void => this.#runSlice()

  schedule(task: TickTask): void {
    if (task.due) return
    task.due = true
    this.#gathered.push(task)
    this.#scheduleRun()
  }

  #scheduleRun(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#run)
  }

  #runSlice(): void {
    this.#scheduled = false
    if (this.#gathered.length > 0) {
      this.#batches.push(new TickBatch(this.#gathered))
      this.#gathered = []
    }
    const batch = this.#batches.shift()
    if (batch?.runSlice()) this.#batches.push(batch)
    if (this.#batches.length > 0 || this.#gathered.length > 0) this.#scheduleRun()
  }
}
