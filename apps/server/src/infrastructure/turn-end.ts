/** What is put off to the end of a turn. */
export interface TurnTask {
  /** It was put off and has not run since; `TurnEnd` alone changes it. */
  due: boolean
  /** Must not throw. */
  run(): void
}

/** Tasks of one turn that run one after the other before others have their turn: some milliseconds. */
const sliceSize = 1000
/** So many at least, and the first of them runs alone, a turn ahead of the others. */
const leadFrom = 32

class Round {
  readonly #tasks: readonly TurnTask[]
  #next = 0
  #waits: boolean

  constructor(tasks: readonly TurnTask[]) {
    this.#tasks = tasks
    this.#waits = tasks.length >= leadFrom
  }

  /** Answers whether some are left. */
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
 * Puts tasks off to the end of this turn of the event loop, each of them once. What many tasks have to do is done in
 * slices, each in a turn of its own, and the tasks of later turns have theirs in between. The first of many runs ahead:
 * what it has made serves the others, and what is committed meanwhile goes out with the same writes.
 */
export class TurnEnd {
  #gathered: TurnTask[] = []
  readonly #rounds: Round[] = []
  #scheduled = false
  readonly #run = (): void => this.#runSlice()

  put(task: TurnTask): void {
    if (task.due) return
    task.due = true
    this.#gathered.push(task)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#run)
  }

  #runSlice(): void {
    this.#scheduled = false
    if (this.#gathered.length > 0) {
      this.#rounds.push(new Round(this.#gathered))
      this.#gathered = []
    }
    const round = this.#rounds.shift()
    if (round?.runSlice()) this.#rounds.push(round)
    if (this.#rounds.length > 0 || this.#gathered.length > 0) this.#schedule()
  }
}
