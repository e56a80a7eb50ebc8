import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { DrainPlan } from './drain-plan.ts'

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** The paths that one transport serves on the server's port. Paths are exact, without a query. */
export interface Transport {
  readonly requests: ReadonlyMap<string, RequestHandler>
  readonly upgrades: ReadonlyMap<string, UpgradeHandler>
  /** Open connections, including streams over HTTP. */
  readonly connections: number
  /**
   * Shuts the transport down: it accepts no new connection. Operations that have begun are answered; then open connections
   * are closed gradually, WebSockets with 1001 and a wait in milliseconds as the reason, streams over HTTP with the wait as
   * their `retry`. Resolves when all are closed, and no later than at the deadline, when the rest is cut.
   */
  drain(plan: DrainPlan): Promise<void>
}
