import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import { refuseUpgrade } from '../http/answers.ts'
import { closeGradually, type DrainPlan } from '../http/drain-plan.ts'
import type { TrustedProxies } from '../network/trusted-proxies.ts'
import { ConnectionSweep } from './connection-sweep.ts'
import { SocketConnection, type SocketDependencies } from './socket-connection.ts'
import { defaultSocketLimits, type SocketLimits } from './socket-limits.ts'
import type { ProtocolTraits, SocketSession } from './socket-protocol.ts'
import { UnauthenticatedBytes } from './unauthenticated-bytes.ts'
import { UserConnections } from './user-connections.ts'

/** One protocol over WebSockets. */
export interface SocketProtocol extends ProtocolTraits {
  /** Begins the protocol's side of a connection. */
  open(connection: SocketConnection, request: IncomingMessage): SocketSession
}

export interface SocketListenerDependencies extends Omit<SocketDependencies, 'limits' | 'users' | 'unauthenticated'> {
  /** Absent limits have the values of `defaultSocketLimits`. */
  readonly limits: Partial<SocketLimits>
  /** The connections of all transports; if absent, this transport counts its own. */
  readonly users?: UserConnections | undefined
  readonly proxies?: TrustedProxies | undefined
}

/** The share of the remaining time in which a connection may wait for its answers. */
const patienceShare = 0.6

const delayFor = (ms: number): Promise<void> => delay(ms, undefined, { ref: false })

/** Accepts the WebSockets of one protocol, checks their deadlines, and drains them. */
export class SocketListener {
  readonly #protocol: SocketProtocol
  readonly #dependencies: SocketDependencies
  readonly #proxies: TrustedProxies | undefined
  readonly #server: WebSocketServer
  readonly #sweep: ConnectionSweep
  readonly #connections = new Set<SocketConnection>()
  readonly #whenEmpty = Promise.withResolvers<void>()
  #draining = false

  constructor(protocol: SocketProtocol, { limits: given, users, proxies, ...others }: SocketListenerDependencies) {
    const limits = { ...defaultSocketLimits, ...given }
    this.#protocol = protocol
    this.#proxies = proxies
    this.#dependencies = {
      ...others,
      limits,
      users: users ?? new UserConnections(limits.maxConnectionsPerUser),
      unauthenticated: new UnauthenticatedBytes(),
    }
    this.#sweep = new ConnectionSweep(limits.sweepMs)
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: protocol.maxFrameBytes,
      handleProtocols: offered => offered.has(protocol.subprotocol) && protocol.subprotocol,
    })
  }

  get connections(): number {
    return this.#connections.size
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { subprotocol, unknownSubprotocolCode } = this.#protocol
    if (!(socket instanceof Socket)) socket.destroy()
    else if (this.#draining) refuseUpgrade(socket, 503, 'The server is shutting down. Retry in a moment.')
    else if (unknownSubprotocolCode === undefined && !offersSubprotocol(request, subprotocol))
      refuseUpgrade(socket, 400, `This path requires the subprotocol ${subprotocol} in Sec-WebSocket-Protocol.`)
    else this.#server.handleUpgrade(request, socket, head, webSocket => this.#open(webSocket, socket, request))
  }

  /** See `Transport`. */
  async drain(plan: DrainPlan): Promise<void> {
    this.#draining = true
    const { overMs, deadlineMs } = plan
    if (this.#connections.size > 0) {
      const [deadline, patience] = [delayFor(deadlineMs), delayFor(overMs + (deadlineMs - overMs) * patienceShare)]
      const closed = closeGradually(
        this.#connections,
        plan,
        (connection, waitMs) => void connection.shutDown(waitMs, patience),
      )
      await Promise.race([Promise.all([closed, this.#whenEmpty.promise]), deadline])
    }
    for (const connection of this.#connections) connection.terminate()
    this.#sweep[Symbol.dispose]()
  }

  #open(webSocket: WebSocket, socket: Socket, request: IncomingMessage): void {
    const { meter, log } = this.#dependencies
    const { transport, subprotocol, unknownSubprotocolCode } = this.#protocol
    const from = this.#proxies?.blockOf(request)
    const connection = new SocketConnection({ webSocket, socket, from }, this.#protocol, this.#dependencies, opened =>
      this.#protocol.open(opened, request),
    )
    const swept = this.#sweep.add(connection)
    this.#connections.add(connection)
    meter.connectionOpened(transport)
    webSocket.on('error', error => log.debug({ err: error, connectionId: connection.id }, 'a WebSocket failed'))
    // The event of the socket, not of the WebSocket, which may come late while there is unread data.
    socket.once('close', () => {
      connection.release()
      swept[Symbol.dispose]()
      this.#connections.delete(connection)
      meter.connectionClosed(transport)
      if (this.#draining && this.#connections.size === 0) this.#whenEmpty.resolve()
    })
    if (unknownSubprotocolCode !== undefined && webSocket.protocol !== subprotocol)
      connection.closeWithCode(unknownSubprotocolCode, 'Subprotocol not acceptable')
  }
}

const offersSubprotocol = ({ headers }: IncomingMessage, subprotocol: string): boolean =>
  (headers['sec-websocket-protocol'] ?? '').split(',').some(offered => offered.trim() === subprotocol)
