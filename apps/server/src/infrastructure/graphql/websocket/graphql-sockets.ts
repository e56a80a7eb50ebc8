import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import { connectionRates } from '../../../services/limits/limit-table.ts'
import { closeGradually, type DrainPlan } from '../../http/drain-plan.ts'
import type { ConnectionSweep } from '../../sockets/connection-sweep.ts'
import { bytesOf } from '../../sockets/frame-bytes.ts'
import { FrameRateLimiter } from '../../sockets/frame-rate-limiter.ts'
import { JoinedFrames } from '../../sockets/joined-frames.ts'
import { TickScheduler } from '../../sockets/tick-scheduler.ts'
import { UnauthenticatedBytes } from '../../sockets/unauthenticated-bytes.ts'
import { UserConnections } from '../../sockets/user-connections.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import type { OperationRunner } from '../operations/operation-runner.ts'
import { graphqlCloseCodes } from './close-codes.ts'
import { GraphQLConnection } from './graphql-connection.ts'
import { NextFrames } from './next-frames.ts'
import { ProtocolSession } from './protocol-session.ts'
import type { OperationParts } from './socket-operations.ts'

const maxFrameBytes = 1_048_576
const subprotocol = 'graphql-transport-ws'

/** How long a connection that the server takes leave of may wait for its answers, of the time that is left. */
const patienceShare = 0.6

interface OpenConnection {
  readonly gone: Promise<void>
  /** Closes it once what it asked for is answered, or patience has run out. */
  leave(waitMs: number, patience: Promise<void>): Promise<void>
}

/** The WebSockets at `/graphql`. */
export class GraphQLSockets {
  readonly #parts: GraphQLDependencies
  readonly #sweep: ConnectionSweep
  readonly #users: UserConnections
  readonly #unauthenticated = new UnauthenticatedBytes()
  readonly #operations: OperationParts
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: offered => offered.has(subprotocol) && subprotocol,
  })
  readonly #open = new Map<GraphQLConnection, OpenConnection>()

  constructor(runner: OperationRunner, parts: GraphQLDependencies, sweep: ConnectionSweep) {
    this.#parts = parts
    this.#sweep = sweep
    this.#users = parts.users ?? new UserConnections(parts.limits.maxConnectionsPerUser)
    this.#operations = {
      runner,
      parts,
      frames: new NextFrames(),
      joined: new JoinedFrames(),
      scheduler: new TickScheduler(),
    }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!(socket instanceof Socket)) {
      socket.destroy()
      return
    }
    this.#server.handleUpgrade(request, socket, head, ws => this.#opened(ws, socket, request))
  }

  get connections(): number {
    return this.#open.size
  }

  /** See `Transport`. */
  async drain(plan: DrainPlan): Promise<void> {
    const { overMs, deadlineMs } = plan
    const until = (ms: number) => delay(ms, undefined, { ref: false })
    const [deadline, patience] = [until(deadlineMs), until(overMs + (deadlineMs - overMs) * patienceShare)]
    const open = [...this.#open.values()]
    const left = closeGradually(open, plan, ({ leave }, waitMs) => void leave(waitMs, patience))
    await Promise.race([Promise.all([left, ...open.map(({ gone }) => gone)]), deadline])
    for (const connection of this.#open.keys()) connection.cut()
  }

  /** Hands frames on one after the other; while there are too many answers to make or to take, none is read. */
  #receiving(ws: WebSocket, connection: GraphQLConnection): ProtocolSession {
    const frameRate = new FrameRateLimiter(connectionRates.graphqlFrames, performance.now())
    const session: ProtocolSession = new ProtocolSession(this.#operations, connection, () => {
      if (ws.isPaused && !session.overloaded) ws.resume()
    })
    ws.on('message', (data, isBinary) => {
      const frame = bytesOf(data)
      connection.received(frame.length)
      if (connection.closing) return
      if (isBinary) connection.close(graphqlCloseCodes.malformed, 'Frames are text.')
      else if (frameRate.count(performance.now()) !== 'allowed') {
        this.#parts.meter.limitReached('graphqlFrames')
        connection.close(graphqlCloseCodes.tryLater, String(frameRate.waitMs))
      } else session.receive(frame)
      if (session.overloaded) ws.pause()
    })
    return session
  }

  #opened(ws: WebSocket, socket: Socket, request: IncomingMessage): void {
    const { meter, log } = this.#parts
    const arrival = {
      headers: request.headers,
      from: this.#parts.proxies?.blockOf(request),
      unauthenticated: this.#unauthenticated,
    }
    const connection = new GraphQLConnection(ws, socket, arrival, this.#parts, this.#users)
    const swept = this.#sweep.add(connection)
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    meter.connectionOpened('graphql')
    ws.on('error', error => log.debug({ err: error }, 'a WebSocket failed'))
    const session = this.#receiving(ws, connection)
    const leave = async (waitMs: number, patience: Promise<void>): Promise<void> => {
      ws.pause()
      await Promise.race([session.finish(), patience])
      connection.leave(waitMs)
      // The client's own farewell is to be read.
      ws.resume()
    }
    this.#open.set(connection, { gone, leave })
    if (ws.protocol !== subprotocol)
      connection.close(graphqlCloseCodes.unknownSubprotocol, 'Subprotocol not acceptable')
    ws.once('close', () => {
      session[Symbol.dispose]()
      swept[Symbol.dispose]()
      connection.closed()
      this.#open.delete(connection)
      meter.connectionClosed('graphql')
      resolve()
    })
  }
}
