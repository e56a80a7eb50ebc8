/** Puts tasks off to the end of this turn of the event loop, each of them once. */
export class TurnEnd {
  #tasks = new Set<() => void>()

  put(task: () => void): void {
    if (this.#tasks.size === 0) setImmediate(() => this.#run())
    this.#tasks.add(task)
  }

  #run(): void {
    const tasks = this.#tasks
    this.#tasks = new Set()
    for (const task of tasks) task()
  }
}
