import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { answerCalls } from '../processes/answer-calls.ts'
import { listenOn } from './listen.ts'
import { authorOf, nextMessage, reactionsTo } from './memory-messages.ts'
import type { PeerCalls } from './peer-calls.ts'
import { takeOrders } from './take-orders.ts'

const server = createServer()
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, serveClient: false })

const publish = (): void => {
  const message = nextMessage()
  const { id, sequence, content } = message
  io.emit('MessageCreated', {
    message: { id, sequence, content, author: authorOf(message), reactions: reactionsTo(message) },
  })
}

answerCalls<PeerCalls>({
  listen: async () => ({ port: await listenOn(server), orders: await takeOrders(publish) }),
  subscriptionCount: () => io.sockets.sockets.size,
})
