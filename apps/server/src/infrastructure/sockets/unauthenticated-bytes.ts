import type { Socket } from 'node:net'
import { frameBytes } from '@cpc-messenger/protocol'

/** Bytes, per address and in total. */
const defaultMaxPerAddress = 4_194_304
const defaultMax = 16_777_216

/** The count of one socket, until it is disposed of. */
export interface WatchedBytes extends Disposable {
  /** Call it when a message of this size was handled and is no longer in memory. */
  handled(bytes: number): void
}

/**
 * Bounds the bytes that sockets send before a token is accepted, because all of them may be in memory. The first
 * `frameBytes` of each socket are not counted: clients that send no large frame are never affected.
 */
export class UnauthenticatedBytes {
  readonly #max: number
  readonly #maxPerAddress: number
  readonly #ofAddresses = new Map<string, number>()
  #total = 0

  constructor(max = defaultMax, maxPerAddress = defaultMaxPerAddress) {
    this.#max = max
    this.#maxPerAddress = maxPerAddress
  }

  get total(): number {
    return this.#total
  }

  /** Counts until it is disposed of or the socket closes. Calls `onExcess` for each chunk beyond the bounds. */
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

  /** Returns false if a bound is exceeded. */
  #add(address: string, bytes: number): boolean {
    const ofAddress = (this.#ofAddresses.get(address) ?? 0) + bytes
    if (ofAddress === 0) this.#ofAddresses.delete(address)
    else this.#ofAddresses.set(address, ofAddress)
    this.#total += bytes
    return this.#total <= this.#max && ofAddress <= this.#maxPerAddress
  }
}
