import type { LimitReached } from '../../services/limits/limit-reached.ts'
import type { ConnectionRateName } from '../../services/limits/limit-table.ts'
import type { TransportName } from '../../services/telemetry/meter.ts'

/** What distinguishes one protocol over WebSockets from another, beside its frames. */
export interface ProtocolTraits {
  readonly subprotocol: string
  /** The column of `closeCodes` and `errorTable` that it closes with. */
  readonly codes: 'graphql' | 'messenger'
  /** The label of its metrics. */
  readonly transport: TransportName
  readonly maxFrameBytes: number
  readonly frameLimit: ConnectionRateName
  /** How a socket is closed that did not offer the subprotocol; without it the upgrade is refused with 400. */
  readonly unknownSubprotocolCode?: number
}

/** The protocol's side of one connection: it parses what comes and encodes what goes. */
export interface SocketSession {
  /** The client has not begun to sign in; the connection is closed once that takes too long. */
  readonly awaitsToken: boolean
  /** Undefined where the next frame may be handled now, else resolves when it may. */
  whenReady(): Promise<void> | undefined
  /**
   * Handles one frame. `large` frames have more than `frameBytes`. Frames come in order, each after the one before it has
   * been handled. Neither throws nor rejects.
   */
  receive(text: string, large: boolean): void | Promise<void>
  /** Refuses one frame beyond the rate; without it the connection is closed at the first one. */
  refuseFrame?(text: string, refusal: LimitReached): void
  /** Whether a large frame may be read before a token was accepted; closes the connection where not. */
  admitLarge(text: string): boolean | Promise<boolean>
  /** The socket has room again. */
  onRoom(): void
  /** Called about once a second. */
  sweep?(): void
  /** No frame comes any more. Resolves when what was begun is answered. */
  finish(): Promise<void>
  /** Ends what it has subscribed to. The socket is closing, or gone. */
  release(): void
}
