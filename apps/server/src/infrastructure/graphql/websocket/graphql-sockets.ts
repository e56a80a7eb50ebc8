import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { handleProtocols } from 'graphql-ws'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { ConnectionSweep } from '../connection-sweep.ts'
import type { GraphQLParts } from '../execution/graphql-parts.ts'
import type { OperationRunner } from '../execution/operation-runner.ts'
import { closeCodes } from './close-codes.ts'
import { GraphQLConnection } from './graphql-connection.ts'
import { createTransportServer } from './transport-server.ts'
import { UserConnections } from './user-connections.ts'

const maxFrameBytes = 1_048_576

/** The WebSockets at `/graphql`. */
export class GraphQLSockets {
  readonly #parts: GraphQLParts
  readonly #sweep: ConnectionSweep
  readonly #users: UserConnections
  readonly #protocol: ReturnType<typeof createTransportServer>
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols,
  })
  readonly #open = new Map<GraphQLConnection, Promise<void>>()

  constructor(runner: OperationRunner, parts: GraphQLParts, sweep: ConnectionSweep) {
    this.#parts = parts
    this.#sweep = sweep
    this.#users = new UserConnections(parts.limits.maxConnectionsPerUser)
    this.#protocol = createTransportServer(runner, parts)
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
    const closed = this.#protocol.opened(
      {
        protocol: ws.protocol,
        send: frame => connection.writer.send(frame),
        close: (code, reason) => ws.close(code, reason),
        onMessage: handle =>
          ws.on('message', (data, isBinary) => void this.#received(connection, data, isBinary, handle)),
      },
      connection,
    )
    ws.once('close', (code, reason) => {
      swept[Symbol.dispose]()
      connection.closed()
      this.#open.delete(connection)
      meter.connectionClosed('graphql')
      resolve()
      closed(code, reason.toString()).catch(error => log.error({ err: error }, 'a connection did not end well'))
    })
  }

  async #received(
    connection: GraphQLConnection,
    data: RawData,
    isBinary: boolean,
    handle: (frame: string) => Promise<void>,
  ): Promise<void> {
    connection.heard()
    if (isBinary) return connection.close(closeCodes.malformed, 'Frames are text.')
    try {
      await handle(data.toString())
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'a frame could not be handled')
      connection.close(closeCodes.malformed, 'Not a frame of this protocol.')
    }
  }
}
