import { connect, type Socket } from 'node:net'
import { directionsOf, LoopbackServer } from '../../../../tools/cluster/loopback-server.ts'

/** A line between a client and one port that can be cut as a network is: nothing passes, and neither side is notified. */
export class CutProxy extends LoopbackServer {
  readonly #target: number
  #cut = false

  private constructor(target: number) {
    super({ noDelay: true, pauseOnConnect: true })
    this.#target = target
  }

  static listen(target: number, port = 0): Promise<CutProxy> {
    return new CutProxy(target).listenOn(port)
  }

  /** What is under way waits, as in a network that sends it again. */
  cut(): void {
    this.#cut = true
    for (const socket of this.sockets) socket.pause()
  }

  heal(): void {
    this.#cut = false
    for (const socket of this.sockets) socket.resume()
  }

  /** What waits is lost, as when the sender has died meanwhile. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  protected serve(client: Socket): void {
    const target = connect(this.#target, '127.0.0.1').setNoDelay()
    for (const [from, to] of directionsOf(client, target)) {
      this.keep(from)
      from.on('data', data => void to.write(data))
      from.once('close', () => to.destroy())
      if (this.#cut) from.pause()
      else from.resume()
    }
  }
}
