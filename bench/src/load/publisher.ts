import { GraphQLSocket } from './graphql-socket.ts'
import { RawWebSocket } from './raw-web-socket.ts'
import { sendBy } from './senders.ts'
import type { SubscriberTarget } from './subscriber.ts'

/** How a bare server sends: a frame that stands ready to each socket, or by the library's own sending. */
export type BareWay = 'write' | 'send'

export interface Order {
  readonly way: BareWay
  /** Of payload. */
  readonly bytes: number
}

/** Makes the server tell one event to all. */
export interface Publisher {
  /** Resolves once the server has answered for it. The order is for a server that makes the event itself. */
  publish(order: Order): Promise<void>
  close(): void
}

/** A message that is durable before anybody is told. */
export const messagePublisher = async (target: SubscriberTarget): Promise<Publisher> => {
  const socket = await GraphQLSocket.open(target)
  return { publish: sendBy(socket, target.conversationId), close: () => socket.close() }
}

export const barePublisher = async (port: number, onFailure: (error: Error) => void): Promise<Publisher> => {
  const socket = new RawWebSocket({ port, path: '/publish' }, { onText: () => undefined, onFailure })
  await socket.opened
  return { publish: async ({ way, bytes }) => socket.send(`${way} ${bytes}`), close: () => socket.close() }
}
