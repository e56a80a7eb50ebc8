import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { directionsOf, LoopbackServer } from './loopback-server.ts'

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
export class TcpProxy extends LoopbackServer {
  readonly #targets: readonly number[]
  #next = 0

  private constructor(targets: readonly number[]) {
    super({ allowHalfOpen: true, noDelay: true })
    this.#targets = targets
  }

  /** `port` 0: any free port. */
  static listen(port: number, targets: readonly number[]): Promise<TcpProxy> {
    return new TcpProxy(targets).listenOn(port)
  }

  protected serve(client: Socket): void {
    void this.#forward(client)
  }

  async #forward(client: Socket): Promise<void> {
    this.keep(client)
    const first = this.#next++ % this.#targets.length
    const target = await connectToAny([...this.#targets.slice(first), ...this.#targets.slice(0, first)])
    if (target === undefined || client.destroyed) {
      target?.destroy()
      client.destroy()
      return
    }
    this.keep(target)
    for (const [from, to] of directionsOf(client, target)) {
      from.pipe(to)
      from.once('close', () => to.destroy())
    }
  }
}
