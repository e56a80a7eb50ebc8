import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'

/** Bytes that may wait in a socket before whoever sends has to wait. */
const highWaterBytes = 65_536

/** Sends frames: those of one turn go out in one write, and above the mark each waits until the kernel has taken it. */
export class SocketWriter {
  readonly #ws: WebSocket
  readonly #socket: Socket
  #corked = false

  constructor(ws: WebSocket, socket: Socket) {
    this.#ws = ws
    this.#socket = socket
  }

  send(frame: string): Promise<void> | undefined {
    if (this.#ws.readyState !== this.#ws.OPEN) return undefined
    this.#cork()
    if (this.#ws.bufferedAmount < highWaterBytes) {
      this.#ws.send(frame)
      return undefined
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ws.send(frame, () => resolve())
    return promise
  }

  #cork(): void {
    if (this.#corked) return
    this.#corked = true
    this.#socket.cork()
    setImmediate(() => {
      this.#corked = false
      this.#socket.uncork()
    })
  }
}
