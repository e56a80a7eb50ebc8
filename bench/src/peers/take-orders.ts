import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import type { BareWay, Order } from '../load/sending/publisher.ts'
import { listenOn } from './listen.ts'

/** `write 500`: an event to each room, in this way, of so many bytes, where the server can choose. */
const parse = (text: string): Order => {
  const [way = '', bytes = ''] = text.split(' ')
  return { way: way as BareWay, bytes: Number(bytes) }
}

/** Executes each order received; returns the port on which it listens. */
export const takeOrders = async (publish: (order: Order) => void): Promise<number> => {
  const server = createServer()
  const webSockets = new WebSocketServer({ server, perMessageDeflate: false })
  webSockets.on('connection', socket => {
    socket.on('message', data => publish(parse(String(data))))
  })
  return await listenOn(server)
}
