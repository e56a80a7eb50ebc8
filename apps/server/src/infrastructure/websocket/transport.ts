import type { ServerResponse } from 'node:http'
import { asyncApiDocument, subprotocol, webSocketPath } from '@cpc-messenger/protocol'
import { readOnly } from '../http/read-only.ts'
import type { RequestHandler, Transport } from '../http/transport.ts'
import { defaultSocketLimits } from '../sockets/socket-limits.ts'
import { SocketListener, type SocketListenerDependencies } from '../sockets/socket-listener.ts'
import { messengerProtocol } from './messenger-protocol.ts'
import type { MessengerDependencies } from './messenger-session.ts'

interface WebSocketDependencies extends SocketListenerDependencies, Omit<MessengerDependencies, 'limits'> {
  /** The version of the server, for `/asyncapi.json`. */
  readonly version: string
}

/** The plain WebSocket protocol at `/ws`, and its description at `/asyncapi.json`. */
export const createWebSocketTransport = async (given: WebSocketDependencies): Promise<Transport> => {
  const dependencies = { ...given, limits: { ...defaultSocketLimits, ...given.limits } }
  const listener = new SocketListener(messengerProtocol(dependencies), dependencies)
  return {
    requests: new Map<string, RequestHandler>([
      ['/asyncapi.json', serveJson(JSON.stringify(asyncApiDocument({ version: given.version })))],
      [webSocketPath, demandUpgrade],
    ]),
    upgrades: new Map([[webSocketPath, (request, socket, head) => listener.upgrade(request, socket, head)]]),
    get connections() {
      return listener.connections
    },
    drain: plan => listener.drain(plan),
  }
}

const serveJson = (body: string): RequestHandler =>
  readOnly(({ method }, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) })
    response.end(method === 'HEAD' ? undefined : body)
  })

const demandUpgrade = (_request: unknown, response: ServerResponse): void => {
  response.writeHead(426, { Upgrade: 'websocket', Connection: 'Upgrade', 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`This path is a WebSocket of the subprotocol ${subprotocol}.\n`)
}
