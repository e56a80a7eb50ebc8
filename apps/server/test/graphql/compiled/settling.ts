import { setImmediate as turn } from 'node:timers/promises'

interface Waiting {
  readonly rank: number
  readonly settle: () => void
}

/** Promises that settle one in each turn of the event loop, those of the lowest rank first. */
export class Settling {
  readonly #waiting: Waiting[] = []

  promise<Value>(rank: number, settle: () => Value): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    this.#waiting.push({
      rank,
      settle() {
        try {
          resolve(settle())
        } catch (error) {
          reject(error)
        }
      },
    })
    return promise
  }

  /** Settles them until the result is there, and then those that are left. */
  async through<Result>(result: Result | Promise<Result>): Promise<Result> {
    let going = true
    const known = Promise.resolve(result).finally(() => {
      going = false
    })
    for (let turns = 0; going; turns += 1) {
      if (turns > 10_000) throw new Error('nothing is left to settle, and no result came')
      await turn()
      this.#settleNext()
    }
    while (this.#settleNext()) await turn()
    return known
  }

  #settleNext(): boolean {
    const [next] = this.#waiting.toSorted((one, other) => one.rank - other.rank)
    if (next === undefined) return false
    this.#waiting.splice(this.#waiting.indexOf(next), 1)
    next.settle()
    return true
  }
}
