import type { Socket } from 'node:net'
import { WebSocket } from 'ws'

/** Bytes that may wait in a socket before nothing more is taken from the logs for it. */
const highWaterBytes = 256 * 1024

/** One connection's way out. What waits here is bounded by whoever asks `full` before writing more. */
export class SocketWriter {
  readonly #ws: WebSocket
  readonly #socket: Socket

  constructor(ws: WebSocket, socket: Socket) {
    this.#ws = ws
    this.#socket = socket
  }

  get open(): boolean {
    return this.#ws.readyState === WebSocket.OPEN && this.#socket.writable
  }

  /** Bytes that may still be written. */
  get room(): number {
    return highWaterBytes - this.#socket.writableLength
  }

  get full(): boolean {
    return this.room <= 0
  }

  /** Whole frames go to the socket directly: without extensions that is all that the library would do with them. */
  write(frame: Buffer): void {
    if (this.open) this.#socket.write(frame)
  }

  /** As `write`, by one system call. */
  writeAll(frames: readonly Buffer[]): void {
    const [only] = frames
    if (only !== undefined && frames.length === 1) this.write(only)
    else if (only !== undefined) this.#gathered(frames)
  }

  /** `then` is called whenever all that had been waiting has gone out. */
  onRoom(then: () => void): void {
    this.#socket.on('drain', then)
  }

  #gathered(frames: readonly Buffer[]): void {
    this.#socket.cork()
    for (const frame of frames) this.write(frame)
    this.#socket.uncork()
  }
}
