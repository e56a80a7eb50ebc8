import { setTimeout as after } from 'node:timers/promises'

export interface Pace {
  readonly perSecond: number
  readonly seconds: number
}

const patienceMs = 30_000

/**
 * Starts so many calls a second, whether earlier ones are done or not, and waits for all of them. Each call gets its
 * number and the time at which it was due; latency counts from then, also if it starts late.
 */
export const paced = async (
  { perSecond, seconds }: Pace,
  begin: (index: number, due: number) => Promise<void>,
): Promise<number> => {
  const began = performance.now()
  const count = Math.max(1, Math.round(perSecond * seconds))
  const all: Promise<void>[] = []
  while (all.length < count) {
    const due = Math.min(count, Math.floor(((performance.now() - began) / 1000) * perSecond) + 1)
    while (all.length < due) all.push(begin(all.length, began + (all.length / perSecond) * 1000))
    await after(1)
  }
  const late = Promise.withResolvers<never>()
  const tooLate = (): void => late.reject(new Error(`not all of ${count} were done after ${patienceMs / 1000} s`))
  const timer = setTimeout(tooLate, patienceMs)
  await Promise.race([Promise.all(all), late.promise]).finally(() => clearTimeout(timer))
  return count
}
