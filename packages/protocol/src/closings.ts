/** When a client may reconnect after its connection was closed. */
export type Reconnect =
  /** Immediately, from its resume positions. */
  | 'immediately'
  /** After the number of milliseconds in the close reason, a decimal number. */
  | 'after-wait'
  /** With a valid token that has not expired. */
  | 'with-valid-token'
  /** Not before the client is fixed. */
  | 'never'

export interface Closing {
  /** The close code on `messenger.v1`. */
  readonly messenger: number
  /** The close code on `graphql-transport-ws`. */
  readonly graphql: number
  readonly reconnect: Reconnect
}

/**
 * Every way of the contract in which the server closes a WebSocket, on both of its protocols. The contract has none for a
 * failure of the server, for which a connection is closed with 1011 or 4500.
 */
export const closings = {
  /** The server is shutting down or restarting. The wait is random within a range. */
  shuttingDown: { messenger: 1001, graphql: 1001, reconnect: 'after-wait' },
  /** A client frame over `frameBytes`, a `SubscribeInbox` over `inboxFrameBytes`. */
  frameTooLarge: { messenger: 1009, graphql: 1009, reconnect: 'never' },
  /** Not JSON, or not a frame of this protocol. */
  malformed: { messenger: 4400, graphql: 4400, reconnect: 'never' },
  /** No valid token in time, or a frame before `Authenticate`. */
  unauthenticated: { messenger: 4401, graphql: 4401, reconnect: 'with-valid-token' },
  /** No first frame in time: on GraphQL no `connection_init`. */
  initTimeout: { messenger: 4401, graphql: 4408, reconnect: 'with-valid-token' },
  /** The token expired or was revoked. */
  tokenEnded: { messenger: 4401, graphql: 4403, reconnect: 'with-valid-token' },
  /** A ping was not answered before the next was due. */
  heartbeatMissed: { messenger: 4408, graphql: 1001, reconnect: 'immediately' },
  /** Data was pending, and the client read no byte for `stallSeconds`. */
  stalled: { messenger: 4413, graphql: 4413, reconnect: 'immediately' },
  /** Too many connections of one user, or too many frames on one connection. */
  tooManyRequests: { messenger: 4429, graphql: 1013, reconnect: 'after-wait' },
} as const satisfies Readonly<Record<string, Closing>>
