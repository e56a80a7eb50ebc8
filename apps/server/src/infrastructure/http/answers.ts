import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '@cpc-messenger/messenger'

export const answerJson = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(value))
}

/** The body of an error answer outside of GraphQL. */
interface ErrorBody {
  readonly code: ErrorCode
  readonly message: string
  /** For INTERNAL: the id of the log entry. */
  readonly errorId?: string
}

export const answerError = (response: ServerResponse, status: number, error: ErrorBody): void =>
  answerJson(response, status, { error })

/** Answers on a socket that has no `ServerResponse`, and closes it. */
const endWith = (socket: Duplex, status: number, contentType: string, body: string): void => {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `Content-Type: ${contentType}; charset=utf-8`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ]
  socket.on('error', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

export const answerRaw = (socket: Duplex, status: number, error: ErrorBody): void =>
  endWith(socket, status, 'application/json', JSON.stringify({ error }))

/** Refuses an upgrade with a plain-text answer. */
export const refuseUpgrade = (socket: Duplex, status: number, sentence: string): void =>
  endWith(socket, status, 'text/plain', `${sentence}\n`)
