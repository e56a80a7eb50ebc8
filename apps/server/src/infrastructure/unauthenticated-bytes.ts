import type { Socket } from 'node:net'
import { frameBytes } from '@cpc-messenger/protocol'

/** Of one address, and of all together. */
const defaultMostOfAddress = 4_194_304
const defaultMost = 16_777_216

/**
 * How many bytes the sockets of a server send before a token is accepted, as they may all be held in memory. What one socket
 * sends within the size of an ordinary frame is not counted: those who send no large frame are never affected.
 */
export class UnauthenticatedBytes {
  readonly #most: number
  readonly #mostOfAddress: number
  readonly #ofAddresses = new Map<string, number>()
  #total = 0

  constructor(most = defaultMost, mostOfAddress = defaultMostOfAddress) {
    this.#most = most
    this.#mostOfAddress = mostOfAddress
  }

  get total(): number {
    return this.#total
  }

  /** Counts until it is disposed of or the socket is gone. `onExcess` is called whenever it sends what is too much. */
  watch(socket: Socket, address: string, onExcess: () => void): Disposable {
    let received = 0
    let counted = 0
    const count = (chunk: Buffer): void => {
      received += chunk.length
      const more = Math.max(0, received - frameBytes) - counted
      if (more === 0) return
      counted += more
      if (!this.#add(address, more)) onExcess()
    }
    const stop = (): void => {
      socket.off('data', count).off('close', stop)
      this.#add(address, -counted)
      counted = 0
    }
    if (!socket.destroyed) socket.prependListener('data', count).once('close', stop)
    return { [Symbol.dispose]: stop }
  }

  /** False where it is too much now. */
  #add(address: string, bytes: number): boolean {
    const ofAddress = (this.#ofAddresses.get(address) ?? 0) + bytes
    if (ofAddress === 0) this.#ofAddresses.delete(address)
    else this.#ofAddresses.set(address, ofAddress)
    this.#total += bytes
    return this.#total <= this.#most && ofAddress <= this.#mostOfAddress
  }
}
