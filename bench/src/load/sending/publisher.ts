import { GraphQLSocket } from '../sockets/graphql-socket.ts'
import { RawWebSocket } from '../sockets/raw-web-socket.ts'
import { editBy, sendBy } from './senders.ts'

/** How a bare server sends: by writing a prepared frame to each socket, or through the library. */
export type BareWay = 'write' | 'send'

export interface Order {
  readonly way: BareWay
  /** Of payload. */
  readonly bytes: number
}

export type PublisherOptions =
  /** The server itself makes an event in each of its rooms on request. */
  | { readonly kind: 'order'; readonly port: number }
  /** A client's mutations. */
  | { readonly kind: 'send'; readonly port: number; readonly token: string; readonly conversationId: string }
  | { readonly kind: 'edit'; readonly port: number; readonly token: string; readonly messageId: string }

/** Makes the server publish one event in a room, or in each of its rooms. */
export interface Publisher {
  /** Resolves once the server has acknowledged it. The order is for a server that makes the event itself. */
  publish(order: Order): Promise<void>
  close(): void
}

const orderPublisher = async (port: number, onFailure: (error: Error) => void): Promise<Publisher> => {
  const socket = new RawWebSocket({ port, path: '/publish' }, { onText: () => undefined, onFailure })
  await socket.opened
  return { publish: async ({ way, bytes }) => socket.send(`${way} ${bytes}`), close: () => socket.close() }
}

export const openPublisher = async (
  options: PublisherOptions,
  onFailure: (error: Error) => void,
): Promise<Publisher> => {
  if (options.kind === 'order') return await orderPublisher(options.port, onFailure)
  const socket = await GraphQLSocket.open(options)
  const publish = options.kind === 'send' ? sendBy(socket, options.conversationId) : editBy(socket, options.messageId)
  return { publish, close: () => socket.close() }
}
