import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Tracks the connections of one server and their open answers, so that a shutdown can close idle connections at once and
 * let the others finish. A connection is tracked from its start, whether or not it ever sends a request.
 */
export class OpenSockets {
  readonly #answers = new Map<Duplex, number>()
  #closing = false
  readonly #whenEmpty = Promise.withResolvers<void>()

  constructor(server: Server) {
    server.on('connection', socket => {
      this.#answers.set(socket, 0)
      socket.once('close', () => this.#closed(socket))
    })
  }

  /** An answer is due on this connection until `response` closes. */
  answering(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    this.#count(socket, 1)
    response.once('close', () => this.#count(socket, -1))
  }

  isAnswering(socket: Duplex): boolean {
    return (this.#answers.get(socket) ?? 0) > 0
  }

  /** The connection was upgraded: it stays open until its new owner closes it. */
  handOver(socket: Duplex): void {
    this.#count(socket, 1)
  }

  /** Closes connections that are idle or become idle. Resolves when none is left. */
  closeIdle(): Promise<void> {
    this.#closing = true
    for (const [socket, answers] of this.#answers) if (answers === 0) socket.destroy()
    if (this.#answers.size === 0) this.#whenEmpty.resolve()
    return this.#whenEmpty.promise
  }

  cut(): void {
    for (const socket of this.#answers.keys()) socket.destroy()
  }

  #count(socket: Duplex, change: 1 | -1): void {
    const before = this.#answers.get(socket)
    if (before === undefined) return
    this.#answers.set(socket, before + change)
    if (this.#closing && before + change === 0) socket.end(() => socket.destroy())
  }

  #closed(socket: Duplex): void {
    this.#answers.delete(socket)
    if (this.#closing && this.#answers.size === 0) this.#whenEmpty.resolve()
  }
}
