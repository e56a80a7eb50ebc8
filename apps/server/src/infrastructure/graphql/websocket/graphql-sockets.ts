import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import { FrameAllowance } from '../../frame-allowance.ts'
import { JoinedFrames } from '../../joined-frames.ts'
import { TurnEnd } from '../../turn-end.ts'
import { UserConnections } from '../../user-connections.ts'
import type { ConnectionSweep } from '../connection-sweep.ts'
import type { GraphQLParts } from '../execution/graphql-parts.ts'
import type { OperationRunner } from '../execution/operation-runner.ts'
import { closeCodes } from './close-codes.ts'
import { GraphQLConnection } from './graphql-connection.ts'
import { NextFrames } from './next-frames.ts'
import { ProtocolSession } from './protocol-session.ts'
import type { OperationParts } from './socket-operations.ts'

const maxFrameBytes = 1_048_576
/** Far above what a person's devices send, and what one sender can have answered. */
const framesPerSecond = 5000
const frameBurst = 10_000
const subprotocol = 'graphql-transport-ws'

/** The WebSockets at `/graphql`. */
export class GraphQLSockets {
  readonly #parts: GraphQLParts
  readonly #sweep: ConnectionSweep
  readonly #users: UserConnections
  readonly #operations: OperationParts
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols: offered => offered.has(subprotocol) && subprotocol,
  })
  readonly #open = new Map<GraphQLConnection, Promise<void>>()

  constructor(runner: OperationRunner, parts: GraphQLParts, sweep: ConnectionSweep) {
    this.#parts = parts
    this.#sweep = sweep
    this.#users = parts.users ?? new UserConnections(parts.limits.maxConnectionsPerUser)
    this.#operations = { runner, parts, frames: new NextFrames(), joined: new JoinedFrames(), turnEnd: new TurnEnd() }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!(socket instanceof Socket)) {
      socket.destroy()
      return
    }
    this.#server.handleUpgrade(request, socket, head, ws => this.#opened(ws, socket, request))
  }

  async drain(deadlineMs: number): Promise<void> {
    const connections = [...this.#open]
    for (const [connection] of connections) connection.leave()
    const gone = Promise.all(connections.map(([, closed]) => closed))
    await Promise.race([gone, delay(deadlineMs, undefined, { ref: false })])
    for (const connection of this.#open.keys()) connection.cut()
  }

  /** Hands frames on one after the other; while there are too many answers to make or to take, none is read. */
  #receiving(ws: WebSocket, connection: GraphQLConnection): ProtocolSession {
    const allowance = new FrameAllowance(framesPerSecond, frameBurst, performance.now())
    const session: ProtocolSession = new ProtocolSession(this.#operations, connection, () => {
      if (ws.isPaused && !session.overloaded) ws.resume()
    })
    ws.on('message', (data, isBinary) => {
      connection.heard()
      if (isBinary) connection.close(closeCodes.malformed, 'Frames are text.')
      else if (allowance.count(performance.now()) !== 'allowed')
        connection.close(closeCodes.tryLater, String(allowance.waitMs))
      else session.receive(data.toString())
      if (session.overloaded) ws.pause()
    })
    return session
  }

  #opened(ws: WebSocket, socket: Socket, request: IncomingMessage): void {
    const { meter, log } = this.#parts
    const connection = new GraphQLConnection(ws, socket, request.headers.authorization, this.#parts, this.#users)
    const swept = this.#sweep.add(connection)
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    this.#open.set(connection, gone)
    meter.connectionOpened('graphql')
    ws.on('error', error => log.debug({ err: error }, 'a WebSocket failed'))
    const session = this.#receiving(ws, connection)
    if (ws.protocol !== subprotocol) connection.close(closeCodes.otherProtocol, 'Subprotocol not acceptable')
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
