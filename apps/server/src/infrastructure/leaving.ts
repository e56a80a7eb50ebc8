import { setTimeout as after } from 'node:timers/promises'

/** Connections that come back in a second without anybody's noticing: they sign in, subscribe and read on. */
const takenBackPerSecond = 1000
const shortestSpreadMs = 5000
const longestSpreadMs = 60_000
/** What is left of the time is for those who take leave slowly. */
const shareForClosing = 0.6
const sliceMs = 20

/** How a server that goes down takes leave of its connections: those who come back to the others must not come at once. */
export interface Leaving {
  /** They are closed one after the other over this time. */
  readonly overMs: number
  /** Each is told to wait up to so long before it comes back, at random. */
  readonly longestWaitMs: number
  /** From the beginning; what is left then is cut. */
  readonly deadlineMs: number
}

/** Few are closed at once; many over most of the time that there is, with waits that grow with their number. */
export const leavingOf = (connections: number, deadlineMs: number): Leaving => {
  const comeBackMs = (connections / takenBackPerSecond) * 1000
  return {
    overMs: comeBackMs < 100 ? 0 : Math.min(comeBackMs, deadlineMs * shareForClosing),
    longestWaitMs: Math.min(Math.max(comeBackMs, shortestSpreadMs), longestSpreadMs),
    deadlineMs,
  }
}

/** Calls `close` for each with its wait in milliseconds, as many in one moment as in another. */
export const takeLeave = async <Connection>(
  connections: Iterable<Connection>,
  { overMs, longestWaitMs }: Leaving,
  close: (connection: Connection, waitMs: number) => void,
): Promise<void> => {
  const all = [...connections]
  const began = performance.now()
  let next = 0
  for (;;) {
    const elapsed = performance.now() - began
    const due = elapsed >= overMs ? all.length : Math.ceil((all.length * elapsed) / overMs)
    for (const connection of all.slice(next, due)) close(connection, Math.floor(Math.random() * longestWaitMs))
    next = due
    if (next >= all.length) return
    await after(sliceMs)
  }
}
