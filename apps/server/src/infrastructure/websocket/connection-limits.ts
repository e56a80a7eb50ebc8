import { authenticateSeconds, stallSeconds } from '@cpc-messenger/protocol'
import { caps, connectionRates, type Rate } from '../../services/limits/limit-table.ts'
import { highWaterBytes } from '../sockets/socket-writer.ts'

export interface ConnectionLimits {
  /** Between two pings; a ping that is not answered before the next is due closes the connection. */
  readonly heartbeatSeconds: number
  /** Conversations, messages' reactions and the inbox, together. */
  readonly maxSubscriptionsPerConnection: number
  /** Of one user, on this node. */
  readonly maxConnectionsPerUser: number
  /** How long a connection may stay without a valid token. */
  readonly authenticateSeconds: number
  /** How long a client that is owed something may take no byte. */
  readonly stallSeconds: number
  /** Of the client's frames. */
  readonly frames: Rate
  /** Bytes that wait for one socket before it is given no more events. */
  readonly bufferBytes: number
  /** Between two looks at every connection's deadlines. */
  readonly sweepMs: number
}

export const defaultLimits: ConnectionLimits = {
  heartbeatSeconds: 30,
  maxSubscriptionsPerConnection: caps.subscriptionsPerConnection.max,
  maxConnectionsPerUser: caps.connectionsPerUser.max,
  authenticateSeconds,
  stallSeconds,
  frames: connectionRates.messengerFrames,
  bufferBytes: highWaterBytes,
  sweepMs: 1000,
}
