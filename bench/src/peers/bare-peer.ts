import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { BareWay, Order } from '../load/sending/publisher.ts'
import { answerCalls } from '../processes/answer-calls.ts'
import { listenOn } from './listen.ts'
import type { PeerCalls } from './peer-calls.ts'
import { headBytes, readyMadeFrame } from './ready-made-frame.ts'
import { takeOrders } from './take-orders.ts'

type Room = Map<WebSocket, Duplex>

const rooms = new Map<string, Room>()
let frame = readyMadeFrame(1000)

const roomOf = (name: string): Room => {
  const known = rooms.get(name)
  if (known !== undefined) return known
  const made: Room = new Map()
  rooms.set(name, made)
  return made
}

const broadcasts: Readonly<Record<BareWay, (room: Room) => void>> = {
  /** The lower bound: one prepared frame, written once to each socket. */
  write(room) {
    for (const socket of room.values()) socket.write(frame)
  },
  /** The library's own sending: it makes a frame header for each socket. */
  send(room) {
    const payload = frame.subarray(headBytes)
    for (const webSocket of room.keys()) webSocket.send(payload, { binary: false })
  },
}

/** One event in each room. */
const publish = ({ way, bytes }: Order): void => {
  if (frame.length !== bytes + headBytes) frame = readyMadeFrame(bytes)
  for (const room of rooms.values()) broadcasts[way](room)
}

const listen = (): Promise<number> => {
  const webSockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false })
  const server = createServer()
  server.on('upgrade', (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, webSocket => {
      const room = roomOf(request.url?.slice('/subscribe/'.length) ?? '')
      room.set(webSocket, socket)
      socket.once('close', () => room.delete(webSocket))
    })
  })
  return listenOn(server)
}

answerCalls<PeerCalls>({
  listen: async () => ({ port: await listen(), orders: await takeOrders(publish) }),
  subscriptionCount: () => [...rooms.values()].reduce((count, room) => count + room.size, 0),
})
