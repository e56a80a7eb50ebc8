import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What a turn of the event loop may take, in milliseconds of CPU of the machine on which it was measured. */
export const maxTurnMs = 50

/** The longest turn of the event loop, in milliseconds of CPU of this thread, so that waiting for a core does not count. */
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

/**
 * The longest turn while `work` goes on, of the calmest of a few runs: a collection of garbage may fall into any of them, and
 * time that other machines on the same host take counts as this thread's.
 */
export const calmestTurnMs = async (work: (attempt: number) => unknown): Promise<number> => {
  let calmest = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 6 && calmest >= maxTurnMs; attempt += 1) {
    const before = attempt === 0 ? 1 : slowness()
    collectGarbage()
    using turns = new EventLoopTurns()
    turns.take()
    await work(attempt)
    calmest = Math.min(calmest, comparableMs(turns.take(), before))
  }
  return calmest
}

/**
 * What `ms` of this machine, as busy as it is now and was `before`, are on the one on which the bounds were measured; not
 * more than `ms`.
 */
export const comparableMs = (ms: number, before = 1): number =>
  ms < maxTurnMs ? ms : ms / Math.max(1, before, slowness())

setFlagsFromString('--expose-gc')
export const collectGarbage: () => void = runInNewContext('gc')

const cpuOfThread = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** CPU of `fixedWork` on the machine on which the bounds were measured, while it was quiet. */
const fixedWorkMs = 20

/** Objects are made, written as JSON and read again, like what an answer takes. */
const fixedWork = (): number => {
  let length = 0
  for (let round = 0; round < 10; round += 1) {
    const items = Array.from({ length: 4000 }, (_, index) => ({ id: `m${index}`, text: 'ü'.repeat(index % 40), index }))
    length += JSON.parse(JSON.stringify(items)).length
  }
  return length
}

/** How much slower this machine is now, by the median of three runs. */
const slowness = (): number => {
  const runs = [0, 1, 2].map(() => {
    const before = cpuOfThread()
    fixedWork()
    return cpuOfThread() - before
  })
  return (runs.toSorted((one, other) => one - other)[1] ?? 0) / fixedWorkMs
}

// Code that runs for the first time is slower than it is later.
for (let round = 0; round < 3; round += 1) fixedWork()
