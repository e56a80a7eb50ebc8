import type { LimitReached } from '../../services/limits/limit-reached.ts'
import type { ConnectionRateName } from '../../services/limits/limit-table.ts'
import type { TransportName } from '../../services/telemetry/meter.ts'

/** The properties of one WebSocket protocol, apart from its frames. */
export interface ProtocolTraits {
  readonly subprotocol: string
  /** The column of `closeCodes` and `errorTable` for its close codes. */
  readonly codes: 'graphql' | 'messenger'
  /** The label of its metrics. */
  readonly transport: TransportName
  readonly maxFrameBytes: number
  readonly frameLimit: ConnectionRateName
  /** The close code for a client that did not offer the subprotocol. If absent, the upgrade is refused with 400. */
  readonly unknownSubprotocolCode?: number
}

/** The protocol of one connection: parses received frames and encodes sent ones. */
export interface SocketSession {
  /** The client has not begun to authenticate. The connection is closed if that takes too long. */
  readonly awaitsToken: boolean
  /** Undefined if the next frame may be handled now; otherwise resolves when it may. */
  whenReady(): Promise<void> | undefined
  /**
   * Handles one frame. `large` frames have more than `frameBytes`. Frames come in order, each after the one before it has
   * been handled. Neither throws nor rejects.
   */
  receive(text: string, large: boolean): void | Promise<void>
  /** Refuses one frame that exceeds the rate. If absent, the first such frame closes the connection. */
  refuseFrame?(text: string, refusal: LimitReached): void
  /** Whether a large frame may be read before authentication. If not, closes the connection. */
  admitLarge(text: string): boolean | Promise<boolean>
  /** Called when the socket has room again. */
  onRoom(): void
  /** Called about once a second. */
  sweep?(): void
  /** Called when no more frames will be handled. Resolves when all operations in progress are answered. */
  finish(): Promise<void>
  /** Ends all subscriptions. The socket is closing or closed. */
  release(): void
}
