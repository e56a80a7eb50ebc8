import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { SocketProgress } from './socket-progress.ts'

/** Bytes that may wait in a socket before nothing more is taken from the logs for it. */
export const highWaterBytes = 256 * 1024

/** One WebSocket's way out. What waits here is bounded by whoever asks for `room` before writing more. */
export class SocketWriter {
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #highWaterBytes: number
  readonly #progress: SocketProgress

  constructor(webSocket: WebSocket, socket: Socket, highWaterBytes: number) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#highWaterBytes = highWaterBytes
    this.#progress = new SocketProgress(socket)
  }

  get open(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN
  }

  /** Bytes that may still be written. */
  get room(): number {
    return this.#highWaterBytes - this.#socket.writableLength
  }

  get full(): boolean {
    return this.room <= 0
  }

  /** Something waits for the client to take it. */
  get owing(): boolean {
    return this.#socket.writableLength > 0
  }

  /** For how many milliseconds the kernel has taken no byte of what waits, as far as was looked. */
  stalledFor(): number {
    return this.#progress.look()
  }

  /**
   * Bytes of whole frames go to the socket directly: without extensions that is all that the library would do with them.
   * `onTaken` is called when they have gone out, or never will.
   */
  write(frames: Buffer, onTaken?: () => void): void {
    if (this.open) this.#socket.write(frames, onTaken)
    else onTaken?.()
  }

  cork(): void {
    this.#socket.cork()
  }

  uncork(): void {
    this.#socket.uncork()
  }

  /** `then` is called whenever all that had been waiting has gone out. */
  onRoom(then: () => void): void {
    this.#socket.on('drain', then)
  }

  /** Undefined while there is room, else resolves when there is, or when the connection is gone. */
  whenRoom(): Promise<void> | undefined {
    const socket = this.#socket
    if (!this.full || socket.destroyed) return undefined
    return new Promise(resolve => {
      const free = (): void => {
        socket.off('drain', free).off('close', free)
        resolve()
      }
      socket.on('drain', free).on('close', free)
    })
  }
}
