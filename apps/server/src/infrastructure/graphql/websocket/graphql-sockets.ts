import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'
import { TurnEnd } from '../../turn-end.ts'
import type { ConnectionSweep } from '../connection-sweep.ts'
import type { GraphQLParts } from '../execution/graphql-parts.ts'
import type { OperationRunner } from '../execution/operation-runner.ts'
import { closeCodes } from './close-codes.ts'
import { GraphQLConnection } from './graphql-connection.ts'
import { NextFrames } from './next-frames.ts'
import { ProtocolSession } from './protocol-session.ts'
import type { OperationParts } from './socket-operations.ts'
import { UserConnections } from './user-connections.ts'

const maxFrameBytes = 1_048_576
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
    this.#users = new UserConnections(parts.limits.maxConnectionsPerUser)
    this.#operations = { runner, parts, frames: new NextFrames(), turnEnd: new TurnEnd() }
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

  #opened(ws: WebSocket, socket: Socket, request: IncomingMessage): void {
    const { meter, log } = this.#parts
    const connection = new GraphQLConnection(ws, socket, request, this.#parts, this.#users)
    const swept = this.#sweep.add(connection)
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    this.#open.set(connection, gone)
    meter.connectionOpened('graphql')
    ws.on('error', error => log.debug({ err: error }, 'a WebSocket failed'))
    const session = new ProtocolSession(this.#operations, connection)
    ws.on('message', (data, isBinary) => {
      connection.heard()
      if (isBinary) connection.close(closeCodes.malformed, 'Frames are text.')
      else session.receive(data.toString())
    })
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
