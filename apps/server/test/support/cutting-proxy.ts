import { connect, type Socket } from 'node:net'
import { directionsOf, LoopbackServer } from '../../../../tools/cluster/loopback-server.ts'

/** `before`: the server never sees it. `after`: the server sees it, and the client never sees the answer. */
export type Cut = 'before' | 'after'

/** How long the server has to do what was asked before its side is cut too. */
const graceMs = 100

/** Passes bytes on to a server on this machine, and cuts a connection at a word that its client says. */
export class CuttingProxy extends LoopbackServer {
  readonly #target: number
  #armed: { readonly word: string; readonly cut: Cut } | undefined
  #muted = new AbortController()

  private constructor(target: number) {
    super()
    this.#target = target
  }

  static open(target: number): Promise<CuttingProxy> {
    return new CuttingProxy(target).listenOn(0)
  }

  /** The next connection whose client says the word is cut. */
  arm(word: string, cut: Cut): void {
    this.#armed = { word, cut }
  }

  /** The open connections pass nothing any more, and stay open, as when a machine was lost. */
  mute(): void {
    this.#muted.abort()
    this.#muted = new AbortController()
  }

  protected serve(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1')
    for (const [from, to] of directionsOf(client, server)) this.keep(from).once('close', () => to.destroy())
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
