import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { BareWay } from '../load/publisher.ts'
import { answerCalls } from '../processes/answer-calls.ts'
import { headBytes, readyMadeFrame } from './ready-made-frame.ts'

export type BroadcastCalls = {
  /** Answers the port. */
  listen: { input: null; answer: number }
}

const subscribers = new Map<WebSocket, Duplex>()
let frame = readyMadeFrame(1000)

const broadcasts: Readonly<Record<BareWay, () => void>> = {
  /** The limit: one frame that stands ready, and one write of it to each socket. */
  write() {
    for (const socket of subscribers.values()) socket.write(frame)
  },
  /** What the library offers: it makes a frame's head for each socket. */
  send() {
    const payload = frame.subarray(headBytes)
    for (const webSocket of subscribers.keys()) webSocket.send(payload, { binary: false })
  },
}

/** `write 500`: a frame with so many bytes of payload, in this way. */
const publish = (order: string): void => {
  const [way = '', bytes = ''] = order.split(' ')
  if (frame.length !== Number(bytes) + headBytes) frame = readyMadeFrame(Number(bytes))
  if (way === 'write' || way === 'send') broadcasts[way]()
}

const listen = async (): Promise<number> => {
  const webSockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false })
  const server = createServer()
  server.on('upgrade', (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, webSocket => {
      if (request.url === '/publish') webSocket.on('message', data => publish(String(data)))
      else {
        subscribers.set(webSocket, socket)
        socket.once('close', () => subscribers.delete(webSocket))
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

answerCalls<BroadcastCalls>({ listen })
