import { connect, type Socket } from 'node:net'

/** One buffer for all sockets: what is read is used up before the next read. */
const readBuffer = Buffer.alloc(256 * 1024)

export interface RawSocketEvents {
  /** The bytes are good during the call only. What it throws is a failure. */
  onBytes(bytes: Buffer): void
  /** It ended, though nobody closed it here. */
  onFailure(error: Error): void
}

/** A connection to this machine, read with as little work for each read as Node allows. */
export class RawSocket {
  readonly #socket: Socket
  #closed = false

  constructor(port: number, { onBytes, onFailure }: RawSocketEvents) {
    const fail = (error: Error): void => {
      if (this.#closed) return
      this.close()
      onFailure(error)
    }
    const callback = (length: number): boolean => {
      try {
        if (!this.#closed) onBytes(readBuffer.subarray(0, length))
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)))
      }
      return true
    }
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer: readBuffer, callback } })
    this.#socket.on('error', fail)
    this.#socket.on('close', () => fail(new Error('the server has closed a connection')))
  }

  write(bytes: Buffer | string): void {
    this.#socket.write(bytes)
  }

  /** Leaves what comes in the kernel's buffers, or reads on. */
  set reading(reading: boolean) {
    if (reading) this.#socket.resume()
    else this.#socket.pause()
  }

  close(): void {
    this.#closed = true
    this.#socket.destroy()
  }
}
