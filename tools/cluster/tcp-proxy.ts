import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Connects to the first of these that accepts; undefined if none does. */
const connectToAny = async (ports: readonly number[]): Promise<Socket | undefined> => {
  for (const port of ports) {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    try {
      await once(socket, 'connect')
      return socket.setNoDelay()
    } catch {
      socket.destroy()
    }
  }
  return undefined
}

/**
 * Forwards the bytes of each connection to the next target in turn, so that WebSockets work. A target that refuses is
 * skipped. There are no sticky sessions.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #targets: readonly number[]
  readonly #sockets = new Set<Socket>()
  #next = 0

  private constructor(targets: readonly number[]) {
    this.#targets = targets
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, client => void this.#serve(client))
  }

  /** `port` 0: any free one. */
  static async listen(port: number, targets: readonly number[]): Promise<TcpProxy> {
    const proxy = new TcpProxy(targets)
    proxy.#server.listen(port, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the proxy does not listen')
    return address.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async #serve(client: Socket): Promise<void> {
    this.#keep(client)
    const first = this.#next++ % this.#targets.length
    const target = await connectToAny([...this.#targets.slice(first), ...this.#targets.slice(0, first)])
    if (target === undefined || client.destroyed) {
      target?.destroy()
      client.destroy()
      return
    }
    this.#keep(target)
    client.pipe(target)
    target.pipe(client)
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const)
      one.once('close', () => other.destroy())
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#sockets.delete(socket))
  }
}
