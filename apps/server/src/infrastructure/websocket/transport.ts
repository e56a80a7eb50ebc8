import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as after } from 'node:timers/promises'
import type { Clock } from '@cpc-messenger/messenger'
import { asyncApiDocument, inboxFrameBytes, subprotocol, webSocketPath } from '@cpc-messenger/protocol'
import { type WebSocket, WebSocketServer } from 'ws'
import type { SubscriptionService } from '../../delivery/streams/subscription-service.ts'
import type { SignIn } from '../../services/identity/sign-in.ts'
import type { RateLimiter } from '../../services/limits/rate-limiter.ts'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import type { Tracer } from '../../services/telemetry/tracer.ts'
import { closeGradually, type DrainPlan } from '../http/drain-plan.ts'
import { readOnly } from '../http/read-only.ts'
import type { RequestHandler, Transport } from '../http/transport.ts'
import type { TrustedProxies } from '../network/trusted-proxies.ts'
import { JoinedFrames } from '../sockets/joined-frames.ts'
import { TickScheduler } from '../sockets/tick-scheduler.ts'
import { UnauthenticatedBytes } from '../sockets/unauthenticated-bytes.ts'
import { UserConnections } from '../sockets/user-connections.ts'
import type { Credentials } from './authentication.ts'
import { Connection, type ConnectionParts } from './connection.ts'
import { type ConnectionLimits, defaultLimits } from './connection-limits.ts'
import { EncodedEvents } from './encoded-events.ts'
import { refuseUpgrade } from './upgrade-refusal.ts'

export interface WebSocketParts {
  readonly subscriptionService: SubscriptionService
  readonly signIn: SignIn
  readonly meter: Meter
  readonly log: Logger
  readonly tracer?: Tracer | undefined
  readonly clock: Clock
  /** What is left out is as `defaultLimits` has it. */
  readonly limits: Partial<ConnectionLimits>
  readonly limiter?: RateLimiter | undefined
  readonly proxies?: TrustedProxies | undefined
  /** The whole server's count; without it, this transport keeps one of its own. */
  readonly users?: UserConnections
  /** The server's own, for `/asyncapi.json`. */
  readonly version: string
}

/** The plain WebSocket protocol at `/ws`, and its description at `/asyncapi.json`. */
export const createWebSocketTransport = async (parts: WebSocketParts): Promise<Transport> => {
  const listener = new ConnectionListener(parts)
  return {
    requests: new Map<string, RequestHandler>([
      ['/asyncapi.json', serveJson(JSON.stringify(asyncApiDocument({ version: parts.version })))],
      [webSocketPath, demandUpgrade],
    ]),
    upgrades: new Map([[webSocketPath, (request, socket, head) => listener.upgrade(request, socket, head)]]),
    get connections() {
      return listener.connections
    },
    drain: plan => listener.drain(plan),
  }
}

/** All connections of this protocol, and the one timer that looks after them. */
class ConnectionListener {
  readonly #parts: ConnectionParts
  readonly #proxies: TrustedProxies | undefined
  readonly #connections = new Set<Connection>()
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: inboxFrameBytes,
    handleProtocols: () => subprotocol,
  })
  readonly #sweeper: NodeJS.Timeout
  readonly #whenEmpty = Promise.withResolvers<void>()
  #draining = false

  constructor({ limits: given, proxies, ...parts }: WebSocketParts) {
    this.#proxies = proxies
    const limits = { ...defaultLimits, ...given }
    const users = parts.users ?? new UserConnections(limits.maxConnectionsPerUser)
    this.#parts = {
      ...parts,
      limits,
      users,
      unauthenticated: new UnauthenticatedBytes(),
      encoded: new EncodedEvents(),
      joined: new JoinedFrames(),
      scheduler: new TickScheduler(),
    }
    this.#sweeper = setInterval(() => this.#sweep(), limits.sweepMs).unref()
  }

  get connections(): number {
    return this.#connections.size
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#draining) refuseUpgrade(socket, 503, 'The server is going down: come back soon.')
    else if (!offersProtocol(request))
      refuseUpgrade(socket, 400, `This path speaks ${subprotocol}: offer it in Sec-WebSocket-Protocol.`)
    else this.#server.handleUpgrade(request, socket, head, webSocket => this.#open(webSocket, request))
  }

  /** See `Transport`. */
  async drain(plan: DrainPlan): Promise<void> {
    this.#draining = true
    if (this.#connections.size > 0) {
      const deadline = new AbortController()
      const timeUp = after(plan.deadlineMs, undefined, { signal: deadline.signal }).catch(() => undefined)
      const left = closeGradually(this.#connections, plan, (connection, waitMs) => connection.shutDown(waitMs))
      await Promise.race([Promise.all([left, this.#whenEmpty.promise]), timeUp])
      deadline.abort()
    }
    for (const connection of this.#connections) connection.terminate()
    clearInterval(this.#sweeper)
  }

  #open(webSocket: WebSocket, request: IncomingMessage): void {
    const { meter } = this.#parts
    const connection = new Connection(webSocket, request.socket, this.#parts)
    this.#connections.add(connection)
    meter.connectionOpened('websocket')
    // The socket's own end, not the WebSocket's: that one may wait for what is still unread.
    request.socket.once('close', () => {
      connection.release()
      this.#connections.delete(connection)
      meter.connectionClosed('websocket')
      if (this.#draining && this.#connections.size === 0) this.#whenEmpty.resolve()
    })
    connection.start(credentialsOf(request), this.#proxies?.blockOf(request))
  }

  #sweep(): void {
    const now = performance.now()
    for (const connection of this.#connections) connection.sweep(now)
  }
}

const offersProtocol = ({ headers }: IncomingMessage): boolean =>
  (headers['sec-websocket-protocol'] ?? '').split(',').some(offered => offered.trim() === subprotocol)

const credentialsOf = ({ headers }: IncomingMessage): Credentials | undefined => {
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (token === undefined) return undefined
  const onBehalfOf = headers['messenger-on-behalf-of']
  return { token, onBehalfOf: typeof onBehalfOf === 'string' ? onBehalfOf : undefined }
}

const serveJson = (body: string): RequestHandler =>
  readOnly(({ method }, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
    response.end(method === 'HEAD' ? undefined : body)
  })

const demandUpgrade = (_request: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(426, { Upgrade: 'websocket', Connection: 'Upgrade', 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`This path is a WebSocket of the subprotocol ${subprotocol}.\n`)
}
