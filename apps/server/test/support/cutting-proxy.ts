import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** `before`: the server never sees it. `after`: the server sees it, and the client never sees the answer. */
export type Cut = 'before' | 'after'

/** How long the server has to do what was asked before its side is cut too. */
const graceMs = 100

/** Passes bytes on to a server on this machine, and cuts a connection at a word that its client says. */
export class CuttingProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #target: number
  #armed: { readonly word: string; readonly cut: Cut } | undefined
  #muted = new AbortController()

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer(client => this.#pass(client))
  }

  static async open(target: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the proxy does not listen')
    return address.port
  }

  /** The next connection whose client says the word is cut. */
  arm(word: string, cut: Cut): void {
    this.#armed = { word, cut }
  }

  /** The connections that stand pass nothing any more, and stay open, as when a machine has gone. */
  mute(): void {
    this.#muted.abort()
    this.#muted = new AbortController()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }

  #pass(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1')
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket
        .on('error', () => undefined)
        .on('close', () => {
          this.#sockets.delete(socket)
          other.destroy()
        })
    }
    const { signal } = this.#muted
    server.on('data', data => {
      if (!signal.aborted) client.write(data)
    })
    client.on('data', data => {
      if (signal.aborted) return
      const armed = this.#armed
      if (armed === undefined || !data.includes(armed.word)) {
        server.write(data)
        return
      }
      this.#armed = undefined
      server.removeAllListeners('data').resume()
      if (armed.cut === 'before') client.destroy()
      else server.write(data, () => setTimeout(() => client.destroy(), graceMs))
    })
  }
}
