import { setTimeout as after } from 'node:timers/promises'

/** The number of clients that may reconnect, subscribe and catch up in one second without slowing others down. */
const reconnectsPerSecond = 1000
const minSpreadMs = 5000
const maxSpreadMs = 60_000
/** The rest of the time is for connections that close slowly. */
const closingShare = 0.6
const sliceMs = 20

/** How a server that shuts down closes its connections, so that their clients do not all reconnect at once. */
export interface DrainPlan {
  /** Connections are closed one after the other over this time. */
  readonly overMs: number
  /** Each client is asked to wait a random time up to this before it reconnects. */
  readonly maxWaitMs: number
  /** From the start of the drain; connections that are still open then are cut. */
  readonly deadlineMs: number
}

/** Few connections are closed at once; many over up to 60 % of the deadline, with waits that grow with their number. */
export const planDrain = (connections: number, deadlineMs: number): DrainPlan => {
  const reconnectMs = (connections / reconnectsPerSecond) * 1000
  return {
    overMs: reconnectMs < 100 ? 0 : Math.min(reconnectMs, deadlineMs * closingShare),
    maxWaitMs: Math.min(Math.max(reconnectMs, minSpreadMs), maxSpreadMs),
    deadlineMs,
  }
}

/** Calls `close` once for each connection with its wait in milliseconds, evenly over `overMs`. */
export const closeGradually = async <Connection>(
  connections: Iterable<Connection>,
  { overMs, maxWaitMs }: DrainPlan,
  close: (connection: Connection, waitMs: number) => void,
): Promise<void> => {
  const all = [...connections]
  const began = performance.now()
  let next = 0
  for (;;) {
    const elapsed = performance.now() - began
    const due = elapsed >= overMs ? all.length : Math.ceil((all.length * elapsed) / overMs)
    for (const connection of all.slice(next, due)) close(connection, Math.floor(Math.random() * maxWaitMs))
    next = due
    if (next >= all.length) return
    await after(sliceMs)
  }
}
