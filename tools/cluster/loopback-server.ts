import { once } from 'node:events'
import { createServer, type Server, type ServerOpts, type Socket } from 'node:net'

/** A TCP server on 127.0.0.1. Disposing of it destroys the sockets that it keeps. */
export abstract class LoopbackServer implements AsyncDisposable {
  protected readonly sockets = new Set<Socket>()
  readonly #server: Server

  constructor(options: ServerOpts = {}) {
    this.#server = createServer(options, client => this.serve(client))
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the server does not listen')
    return address.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.sockets) socket.destroy()
    await closed
  }

  protected abstract serve(client: Socket): void

  /** `port` 0: any free port. */
  protected async listenOn(port: number): Promise<this> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  /** Keeps a socket until it is closed. An error closes it and nothing else. */
  protected keep<Kept extends Socket>(socket: Kept): Kept {
    this.sockets.add(socket)
    socket.on('error', () => socket.destroy()).once('close', () => this.sockets.delete(socket))
    return socket
  }
}

/** The two directions of a proxied connection. */
export const directionsOf = (client: Socket, target: Socket) =>
  [
    [client, target],
    [target, client],
  ] as const
