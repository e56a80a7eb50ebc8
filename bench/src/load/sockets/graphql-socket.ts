import { RawWebSocket } from './raw-web-socket.ts'

export const subprotocol = 'graphql-transport-ws'

interface GraphQLMessage {
  readonly type: string
  readonly id?: string
  readonly payload?: { readonly data?: unknown; readonly errors?: unknown }
}

const isMessage = (message: unknown): message is GraphQLMessage =>
  typeof message === 'object' && message !== null && 'type' in message && typeof message.type === 'string'

export const parseMessage = (text: string): GraphQLMessage => {
  const message: unknown = JSON.parse(text)
  if (!isMessage(message)) throw new Error(`not of ${subprotocol}: ${text}`)
  return message
}

interface SocketAccount {
  readonly port: number
  readonly token: string
}

/** `graphql-transport-ws` by hand: mutations, answered in any order. */
export class GraphQLSocket {
  readonly #socket: RawWebSocket
  readonly #waiting: Map<string, PromiseWithResolvers<void>>
  #asked = 0

  private constructor(socket: RawWebSocket, waiting: Map<string, PromiseWithResolvers<void>>) {
    this.#socket = socket
    this.#waiting = waiting
  }

  static async open({ port, token }: SocketAccount): Promise<GraphQLSocket> {
    const acknowledged = Promise.withResolvers<void>()
    const waiting = new Map<string, PromiseWithResolvers<void>>()
    const fail = (error: Error): void => {
      acknowledged.reject(error)
      for (const { reject } of waiting.values()) reject(error)
    }
    const socket = new RawWebSocket(
      { port, path: '/graphql', subprotocol },
      {
        onText: (bytes, start, end) => {
          const message = parseMessage(bytes.toString('utf8', start, end))
          if (message.type === 'connection_ack') acknowledged.resolve()
          else if (message.type === 'ping') socket.send('{"type":"pong"}')
          else settle(waiting, message)
        },
        onFailure: fail,
      },
    )
    await socket.opened
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
    await acknowledged.promise
    return new GraphQLSocket(socket, waiting)
  }

  /** Resolves when the operation is answered with data and without errors. */
  ask(query: string, variables: Readonly<Record<string, unknown>>): Promise<void> {
    this.#asked += 1
    const id = String(this.#asked)
    const answered = Promise.withResolvers<void>()
    this.#waiting.set(id, answered)
    this.#socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }))
    return answered.promise
  }

  close(): void {
    this.#socket.close()
  }
}

const settle = (waiting: Map<string, PromiseWithResolvers<void>>, { type, id, payload }: GraphQLMessage): void => {
  const asked = waiting.get(id ?? '')
  if (asked === undefined) return
  if (type === 'next' && payload?.errors === undefined && payload?.data != null) {
    waiting.delete(id ?? '')
    asked.resolve()
  } else if (type !== 'complete') asked.reject(new Error(`refused: ${JSON.stringify({ type, payload })}`))
}
