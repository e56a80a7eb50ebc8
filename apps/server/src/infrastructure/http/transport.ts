import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { DrainPlan } from './drain-plan.ts'

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** What one way of talking to the server adds to its one port. Paths are exact, without a query. */
export interface Transport {
  readonly requests: ReadonlyMap<string, RequestHandler>
  readonly upgrades: ReadonlyMap<string, UpgradeHandler>
  /** Connections that stand, streams over HTTP among them. */
  readonly connections: number
  /**
   * The server is going down: no new connection comes from now on. Those that stand are closed with 1001 and a wait in
   * milliseconds as the reason, one after the other; streams over HTTP are ended, with the wait as their `retry`. What was
   * being worked out is answered before. Resolves when they are gone, and no later than at the deadline, when what is left
   * is cut.
   */
  drain(plan: DrainPlan): Promise<void>
}
