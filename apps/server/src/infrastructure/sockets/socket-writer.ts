import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { SocketProgress } from './socket-progress.ts'

/** The high-water mark: the bytes that may wait in a socket before no more events are written. */
export const highWaterBytes = 256 * 1024

/** Writes frames to one WebSocket. Callers bound what waits here: they check `room` before they write. */
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

  /** Bytes that may be written before the socket is full. */
  get room(): number {
    return this.#highWaterBytes - this.#socket.writableLength
  }

  get full(): boolean {
    return this.room <= 0
  }

  /** Whether bytes wait for the client to read them. */
  get owing(): boolean {
    return this.#socket.writableLength > 0
  }

  /** Returns for how many milliseconds the kernel has accepted none of the waiting bytes, measured between calls of this method. */
  stalledFor(): number {
    return this.#progress.look()
  }

  /**
   * Writes whole frames directly to the socket: without extensions the library does the same. `onTaken`
   * is called when they were written to the kernel or the connection was lost.
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

  /** Calls `then` whenever the buffer of the socket has drained. */
  onRoom(then: () => void): void {
    this.#socket.on('drain', then)
  }

  /** Undefined if there is room; otherwise resolves when there is, or when the connection is lost. */
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
