import { createServer, type IncomingMessage } from 'node:http'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { answerCalls } from '../processes/answer-calls.ts'
import { listenOn } from './listen.ts'
import type { PeerCalls } from './peer-calls.ts'
import { readyMadeFrame } from './ready-made-frame.ts'

interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: { readonly variables: { readonly input: { readonly conversationId: string } } }
}

interface Sent {
  readonly id: string
  readonly room: string
  readonly text: string
  readonly sender: WebSocket
}

/** As long as our server's event with the bench's message. */
const frame = readyMadeFrame(500)
const rooms = new Map<string, Set<Duplex>>()
let waiting: Sent[] = []

const openDatabase = (file: string) => {
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 4000')
  database.exec('create table sends (id integer primary key, room text not null, message text not null)')
  return { database, insert: database.prepare('insert into sends (room, message) values (?, ?)') }
}

/**
 * Everything received in one turn of the event loop in one transaction; then a frame to each member and an answer to
 * each sender.
 */
const commit = (database: DatabaseSync, insert: StatementSync): void => {
  const batch = waiting
  waiting = []
  database.exec('begin immediate')
  for (const { room, text } of batch) insert.run(room, text)
  database.exec('commit')
  for (const { id, room, sender } of batch) {
    for (const socket of rooms.get(room) ?? []) socket.write(frame)
    sender.send(JSON.stringify({ id, type: 'next', payload: { data: {} } }))
  }
}

/** Just enough of `graphql-transport-ws` for the same clients to send. */
const take = (sender: WebSocket, text: string, flush: () => void): void => {
  const { type, id = '', payload } = JSON.parse(text) as Message
  if (type === 'connection_init') sender.send('{"type":"connection_ack"}')
  else if (type === 'subscribe' && payload !== undefined) {
    if (waiting.length === 0) setImmediate(flush)
    waiting.push({ id, room: payload.variables.input.conversationId, text, sender })
  }
}

const join = (room: string, socket: Duplex): void => {
  const members = rooms.get(room) ?? new Set()
  rooms.set(room, members.add(socket))
  socket.once('close', () => members.delete(socket))
}

const roomOf = ({ url = '' }: IncomingMessage): string | undefined => /^\/subscribe\/(.+)$/.exec(url)?.[1]

answerCalls<PeerCalls>({
  async listen({ file }) {
    const { database, insert } = openDatabase(file)
    const flush = (): void => commit(database, insert)
    const server = createServer()
    const webSockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false })
    server.on('upgrade', (request, socket, head) => {
      webSockets.handleUpgrade(request, socket, head, webSocket => {
        const room = roomOf(request)
        if (room === undefined) webSocket.on('message', data => take(webSocket, String(data), flush))
        else join(room, socket)
      })
    })
    return { port: await listenOn(server) }
  },
  subscriptionCount: () => [...rooms.values()].reduce((count, members) => count + members.size, 0),
})
