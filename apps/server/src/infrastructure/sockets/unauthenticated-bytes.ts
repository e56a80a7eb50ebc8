import type { Socket } from 'node:net'
import { frameBytes } from '@cpc-messenger/protocol'

/** Of one address, and of all together. */
const defaultMostOfAddress = 4_194_304
const defaultMost = 16_777_216

/** What is counted of one socket, until it is disposed of. */
export interface WatchedBytes extends Disposable {
  /** A message of so many bytes is not held any more. */
  handled(bytes: number): void
}

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
  watch(socket: Socket, address: string, onExcess: () => void): WatchedBytes {
    let received = 0
    let counted = 0
    const change = (bytes: number): boolean => {
      received = Math.max(0, received + bytes)
      const more = Math.max(0, received - frameBytes) - counted
      counted += more
      return more === 0 || this.#add(address, more)
    }
    const count = (chunk: Buffer): void => {
      if (!change(chunk.length)) onExcess()
    }
    const stop = (): void => {
      socket.off('data', count).off('close', stop)
      change(-received)
    }
    if (!socket.destroyed) socket.prependListener('data', count).once('close', stop)
    return { handled: bytes => void change(-bytes), [Symbol.dispose]: stop }
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
