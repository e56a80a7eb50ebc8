import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * The connections of one server and what goes on over each, so that a stop can close those that wait for their next
 * request and let the others finish. A connection counts from its beginning, whether a request ever came or not.
 */
export class OpenSockets {
  readonly #answers = new Map<Duplex, number>()
  #closing = false
  readonly #whenEmpty = Promise.withResolvers<void>()

  constructor(server: Server) {
    server.on('connection', socket => {
      this.#answers.set(socket, 0)
      socket.once('close', () => this.#gone(socket))
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

  /** The connection is somebody else's from now on, and stays while they keep it. */
  handOver(socket: Duplex): void {
    this.#count(socket, 1)
  }

  /** Closes what is idle, now and from now on; resolves when nothing is left. */
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

  #gone(socket: Duplex): void {
    this.#answers.delete(socket)
    if (this.#closing && this.#answers.size === 0) this.#whenEmpty.resolve()
  }
}
