import type { LimitName } from '../limits/limit-table.ts'

export type TransportName = 'graphql' | 'websocket'
/** Statements of a batch count as writes, what it loads before it decides included. */
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
  /** So many commands have to wait for what another node holds. */
  deferred(commands: number): void
  /** So many events were heard of that so many subscribers on this node are to have. */
  fannedOut(subscribers: number, events: number): void
  /** A subscriber was handed an event, so long after it happened. */
  deliveredAfter(seconds: number): void
  /** The server closed a connection, with this WebSocket close code. */
  closed(transport: TransportName, code: number): void
  /** Logs that a comparison found to have grown without this node hearing of it. */
  headsFoundBehind(count: number): void
  /** What was published and did not go out to the other nodes: the bus was away, or could not keep up. */
  busDropped(count: number): void
  /** What came over the bus and was not of its form. */
  busIgnored(count: number): void
  /** The store ran so many statements. */
  storeStatements(kind: StatementKind, count: number): void
  /** An operation (a GraphQL root field or a frame type, from a fixed set) was answered: `OK` or an error code. */
  request(operation: string, code: string): void
  /** Something was refused because of this limit. */
  limitReached(limit: LimitName): void
}

const nothing = (): void => undefined

/** For those who do not count. */
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
  storeStatements: nothing,
  request: nothing,
  limitReached: nothing,
}
