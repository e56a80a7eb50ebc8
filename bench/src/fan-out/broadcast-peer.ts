import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { answerCalls } from '../processes/answer-calls.ts'
import { readyMadeFrame } from './ready-made-frame.ts'

export type BroadcastCalls = {
  /** Answers the port. */
  listen: { input: null; answer: number }
}

const subscribers = new Set<Duplex>()
let frame = readyMadeFrame(1000)

/** The limit: one frame that stands ready, and one write of it to each socket. */
const broadcast = (payloadBytes: number): void => {
  if (frame.length !== payloadBytes + 4) frame = readyMadeFrame(payloadBytes)
  for (const socket of subscribers) socket.write(frame)
}

const listen = async (): Promise<number> => {
  const webSockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false })
  const server = createServer()
  server.on('upgrade', (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, webSocket => {
      if (request.url === '/publish') webSocket.on('message', data => broadcast(Number(String(data))))
      else {
        subscribers.add(socket)
        socket.once('close', () => subscribers.delete(socket))
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
