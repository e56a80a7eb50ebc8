import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

const errorBody = (code: string, message: string): string => JSON.stringify({ error: { code, message } })

export const answerJson = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(value))
}

export const answerError = (response: ServerResponse, status: number, code: string, message: string): void =>
  answerJson(response, status, { error: { code, message } })

/** An answer on a connection that no `ServerResponse` stands on; it closes the connection. */
export const answerRaw = (socket: Duplex, status: number, code: string, message: string): void => {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = errorBody(code, message)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ]
  socket.on('error', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
