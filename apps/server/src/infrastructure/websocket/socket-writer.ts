import type { Socket } from 'node:net'
import { encodeServerFrame, type ServerFrame } from '@cpc-messenger/protocol'
import { WebSocket } from 'ws'
import { SocketProgress } from '../socket-progress.ts'
import { textFrame } from '../text-frame.ts'

/** One connection's way out. What waits here is bounded by whoever asks `full` before writing more. */
export class SocketWriter {
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  readonly #bufferBytes: number
  readonly #progress: SocketProgress
  #room: PromiseWithResolvers<void> | undefined

  /** `onRoom` is called whenever all that had been waiting has gone out. */
  constructor(webSocket: WebSocket, socket: Socket, bufferBytes: number, onRoom: () => void) {
    this.#webSocket = webSocket
    this.#socket = socket
    this.#bufferBytes = bufferBytes
    this.#progress = new SocketProgress(socket)
    socket.on('drain', () => {
      this.#freeRoom()
      onRoom()
    })
    socket.once('close', () => this.#freeRoom())
  }

  get open(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN && this.#socket.writable
  }

  get full(): boolean {
    return this.#socket.writableLength >= this.#bufferBytes
  }

  /** Something waits for the client to take it. */
  get owing(): boolean {
    return this.#socket.writableLength > 0
  }

  send(frame: ServerFrame): void {
    this.write(textFrame(encodeServerFrame(frame)))
  }

  /**
   * Bytes of whole frames go to the socket directly: without extensions that is all that the library would do with them,
   * but for a copy of the header for each subscriber.
   */
  write(frame: Buffer): void {
    if (this.open) this.#socket.write(frame)
  }

  /** What `work` writes goes out by one system call. */
  together(work: () => void): void {
    this.#socket.cork()
    try {
      work()
    } finally {
      this.#socket.uncork()
    }
  }

  /** Undefined while there is room, else resolves when there is, or when the connection is gone. */
  whenRoom(): Promise<void> | undefined {
    if (!this.full || this.#socket.destroyed) return undefined
    this.#room ??= Promise.withResolvers<void>()
    return this.#room.promise
  }

  /** For how many milliseconds the kernel has taken no byte of what waits, as far as was looked. */
  stalledFor(): number {
    return this.#progress.look()
  }

  #freeRoom(): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}
