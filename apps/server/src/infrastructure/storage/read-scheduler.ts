/** How long reads may run in one turn of the event loop before everything else has its turn. */
const turnMs = 10
/** A session that has read for longer than this waits behind those that have not. */
const lightMs = 10

/** What one session has read so far. */
export interface ReadUsage {
  ms: number
}

interface Waiting {
  readonly usage: ReadUsage
  readonly resume: () => void
}

const isLight = ({ usage }: Waiting): boolean => usage.ms < lightMs

/**
 * Shares the event loop between reads that run on it and everything else. When the reads of one turn have taken `turnMs`,
 * further ones wait for the next turn: those of sessions that have read little first, and at least one of the others.
 */
export class ReadScheduler {
  #turnBegan: number | undefined
  #scheduled = false
  readonly #waiting: Waiting[] = []
  readonly #onTurn = (): void => this.#turn()

  /** Undefined where the read may run at once. */
  admit(usage: ReadUsage): Promise<void> | undefined {
    const now = performance.now()
    this.#turnBegan ??= now
    this.#schedule()
    if (this.#waiting.length === 0 && now - this.#turnBegan < turnMs) return undefined
    return new Promise(resume => this.#waiting.push({ usage, resume }))
  }

  /** A read has run; `began` is when. */
  ran(usage: ReadUsage, began: number): void {
    const now = performance.now()
    usage.ms += now - began
    if (this.#waiting.length > 0 && now - (this.#turnBegan ?? began) < turnMs) this.#next()?.resume()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#onTurn)
  }

  #turn(): void {
    this.#scheduled = false
    this.#turnBegan = undefined
    if (this.#waiting.length === 0) return
    // Before those that it lets go on have read anything, nobody else may begin.
    this.#turnBegan = performance.now()
    this.#schedule()
    const first = this.#next()
    const heavy = first !== undefined && isLight(first) ? this.#take(waiting => !isLight(waiting)) : undefined
    first?.resume()
    heavy?.resume()
  }

  /** The one whose session has read little, else the one that has waited longest. */
  #next(): Waiting | undefined {
    return this.#take(isLight) ?? this.#waiting.shift()
  }

  #take(wanted: (waiting: Waiting) => boolean): Waiting | undefined {
    const index = this.#waiting.findIndex(wanted)
    return index === -1 ? undefined : this.#waiting.splice(index, 1)[0]
  }
}
