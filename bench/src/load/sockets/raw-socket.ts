import { connect, type Socket } from 'node:net'

/** One buffer for all sockets: the bytes are processed before the next read. */
const readBuffer = Buffer.alloc(256 * 1024)

interface RawSocketEvents {
  /** The bytes are valid only during the call. If it throws, the connection fails. */
  onBytes(bytes: Buffer): void
  /** The connection ended without being closed by this process. */
  onFailure(error: Error): void
}

/** A connection to this machine, read with as little work for each read as Node allows. */
export class RawSocket {
  readonly #socket: Socket
  #closed = false
  #reading = true

  /** With `readBytes` it has its own buffer, which bounds each read. */
  constructor(port: number, { onBytes, onFailure }: RawSocketEvents, readBytes?: number) {
    const buffer = readBytes === undefined ? readBuffer : Buffer.alloc(readBytes)
    const fail = (error: Error): void => {
      if (this.#closed) return
      this.close()
      onFailure(error)
    }
    const callback = (length: number): boolean => {
      try {
        if (!this.#closed) onBytes(buffer.subarray(0, length))
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)))
      }
      return this.#reading
    }
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer, callback } })
    this.#socket.on('error', fail)
    this.#socket.on('close', () => fail(new Error('the server has closed a connection')))
  }

  write(bytes: Buffer | string): void {
    this.#socket.write(bytes)
  }

  /** Stops reading, so that bytes stay in the kernel's buffers, or continues. */
  set reading(reading: boolean) {
    this.#reading = reading
    if (reading) this.#socket.resume()
    else this.#socket.pause()
  }

  /** Reads once from the kernel's buffers while reading is stopped. */
  sip(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#closed = true
    this.#socket.destroy()
  }
}
