import type { LimitName } from '../limits/limit-table.ts'

export type TransportName = 'graphql' | 'websocket'
/** Statements of a batch count as writes, including those that load rows. */
export type StatementKind = 'read' | 'write'

/** What the server counts about itself. Every call is cheap and never throws. */
export interface Meter {
  connectionOpened(transport: TransportName): void
  connectionClosed(transport: TransportName): void
  subscriptionOpened(transport: TransportName): void
  subscriptionClosed(transport: TransportName): void
  /** `count` events were handed to subscribers of this transport. */
  delivered(transport: TransportName, count: number): void
  /** A batch became durable, `seconds` after it began. */
  committed(commands: number, seconds: number): void
  /** This many commands wait for a lock of another node. */
  deferred(commands: number): void
  /** This many events were received for this many subscribers of this node. */
  fannedOut(subscribers: number, events: number): void
  /** A subscriber got an event this long after it occurred. */
  deliveredAfter(seconds: number): void
  /** The server closed a connection, with this WebSocket close code. */
  closed(transport: TransportName, code: number): void
  /** Logs of which a comparison with the store found missed events. */
  headsFoundBehind(count: number): void
  /** Published messages that were not sent to other nodes, because the bus was unavailable or too slow. */
  busDropped(count: number): void
  /** Received bus messages with an invalid form. */
  busIgnored(count: number): void
  /** The presence of a user of this node was published. */
  presenceChanged(): void
  /** The store ran this many statements. */
  storeStatements(kind: StatementKind, count: number): void
  /** An operation (a GraphQL root field or a frame type, from a fixed set) was answered: `OK` or an error code. */
  request(operation: string, code: string): void
  /** A request was refused because of this limit. */
  limitReached(limit: LimitName): void
}

const nothing = (): void => undefined

/** Counts nothing. */
export const silentMeter: Meter = {
  connectionOpened: nothing,
  connectionClosed: nothing,
  subscriptionOpened: nothing,
  subscriptionClosed: nothing,
  delivered: nothing,
  committed: nothing,
  deferred: nothing,
  fannedOut: nothing,
  deliveredAfter: nothing,
  closed: nothing,
  headsFoundBehind: nothing,
  busDropped: nothing,
  busIgnored: nothing,
  presenceChanged: nothing,
  storeStatements: nothing,
  request: nothing,
  limitReached: nothing,
}
