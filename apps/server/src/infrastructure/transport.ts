import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** What one way of talking to the server adds to its one port. Paths are exact, without a query. */
export interface Transport {
  readonly requests: ReadonlyMap<string, RequestHandler>
  readonly upgrades: ReadonlyMap<string, UpgradeHandler>
  /**
   * The server is going down: no new connection comes from now on. Those that stand are closed with 1001 and a wait in
   * milliseconds, spread at random, as the reason; streams over HTTP are ended. Resolves when they are gone, and no later
   * than `deadlineMs` from now, when what is left is cut.
   */
  drain(deadlineMs: number): Promise<void>
}
