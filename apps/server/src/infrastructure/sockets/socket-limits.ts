import { authenticateSeconds, stallSeconds } from '@cpc-messenger/protocol'
import { caps, connectionRates, type Rate } from '../../services/limits/limit-table.ts'
import { highWaterBytes } from './socket-writer.ts'

/** The limits and timeouts of one WebSocket connection. */
export interface SocketLimits {
  /** Between two pings. A ping that is not answered before the next one is due closes the connection. */
  readonly heartbeatSeconds: number
  readonly maxSubscriptionsPerConnection: number
  /** The most connections of one user on this node, over all transports. */
  readonly maxConnectionsPerUser: number
  /** How long a connection may stay open without a valid token. */
  readonly authenticateSeconds: number
  /** How long a client with unsent data may read nothing. */
  readonly stallSeconds: number
  /** The rate of frames from the client. */
  readonly frames: Rate
  /** Bytes that may wait in one socket before no more events are written to it. */
  readonly bufferBytes: number
  /** Between two checks of all deadlines. */
  readonly sweepMs: number
}

export const defaultSocketLimits: SocketLimits = {
  heartbeatSeconds: 30,
  maxSubscriptionsPerConnection: caps.subscriptionsPerConnection.max,
  maxConnectionsPerUser: caps.connectionsPerUser.max,
  authenticateSeconds,
  stallSeconds,
  frames: connectionRates.messengerFrames,
  bufferBytes: highWaterBytes,
  sweepMs: 1000,
}
