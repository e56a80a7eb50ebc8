import type { Socket } from 'node:net'

/** Measures whether the client reads what it is sent. */
export class SocketProgress {
  readonly #socket: Pick<Socket, 'bytesWritten' | 'writableLength'>
  #taken = 0
  #since = performance.now()

  constructor(socket: Pick<Socket, 'bytesWritten' | 'writableLength'>) {
    this.#socket = socket
  }

  /** Returns for how many milliseconds no waiting byte was sent, measured between calls of this method. */
  look(): number {
    // Bytes that the kernel has accepted.
    const taken = this.#socket.bytesWritten - this.#socket.writableLength
    if (taken === this.#taken && this.#socket.writableLength > 0) return performance.now() - this.#since
    this.#taken = taken
    this.#since = performance.now()
    return 0
  }
}
