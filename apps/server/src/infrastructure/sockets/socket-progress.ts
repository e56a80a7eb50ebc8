import type { Socket } from 'node:net'

/** Whether the other end takes what it is sent. */
export class SocketProgress {
  readonly #socket: Pick<Socket, 'bytesWritten' | 'writableLength'>
  #taken = 0
  #since = performance.now()

  constructor(socket: Pick<Socket, 'bytesWritten' | 'writableLength'>) {
    this.#socket = socket
  }

  /** For how many milliseconds bytes have waited without one of them being taken, as far as was looked. */
  look(): number {
    // Bytes that the kernel took.
    const taken = this.#socket.bytesWritten - this.#socket.writableLength
    if (taken === this.#taken && this.#socket.writableLength > 0) return performance.now() - this.#since
    this.#taken = taken
    this.#since = performance.now()
    return 0
  }
}
