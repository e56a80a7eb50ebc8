import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A line between a client and one port that can be cut as a network is: nothing passes, and neither side is notified. */
export class CutProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #target: number
  readonly #sockets = new Set<Socket>()
  #cut = false

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, client => this.#serve(client))
  }

  static async listen(target: number, port = 0): Promise<CutProxy> {
    const proxy = new CutProxy(target)
    proxy.#server.listen(port, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the proxy does not listen')
    return address.port
  }

  /** What is under way waits, as in a network that sends it again. */
  cut(): void {
    this.#cut = true
    for (const socket of this.#sockets) socket.pause()
  }

  heal(): void {
    this.#cut = false
    for (const socket of this.#sockets) socket.resume()
  }

  /** What waits is lost, as when the sender has died meanwhile. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #serve(client: Socket): void {
    const target = connect(this.#target, '127.0.0.1').setNoDelay()
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(from)
      from.on('data', data => void to.write(data))
      from.on('error', () => from.destroy())
      from.once('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      if (this.#cut) from.pause()
      else from.resume()
    }
  }
}
