import { RawWebSocket, type WebSocketTarget } from './raw-web-socket.ts'
import type { Subscriber } from './subscriber.ts'
import type { Tally } from './tally.ts'

/** Frames of the protocols themselves are shorter than this, an event with its message's text is longer. */
const eventBytes = 250

/** What the client says first, and what it answers until its subscription stands. */
export interface Opening {
  readonly first: string | undefined
  /** A text to send, nothing, or that the subscription stands. Throws where the server refuses. */
  next(text: string): { readonly send: string } | 'wait' | 'stands'
}

/** Opens a subscription on a WebSocket and counts the events on it, without looking into them. */
export class SocketSubscriber implements Subscriber {
  events = 0
  readonly #tally: Tally
  readonly #opening: Opening | undefined
  readonly #stands = Promise.withResolvers<void>()
  #standing: boolean
  #socket: RawWebSocket | undefined

  private constructor(tally: Tally, opening: Opening | undefined) {
    this.#tally = tally
    this.#opening = opening
    this.#standing = opening === undefined
  }

  /** Without an opening the subscription stands from the upgrade on. */
  static async open(target: WebSocketTarget, tally: Tally, opening?: Opening): Promise<SocketSubscriber> {
    const subscriber = new SocketSubscriber(tally, opening)
    await subscriber.#open(target)
    return subscriber
  }

  close(): void {
    this.#socket?.close()
  }

  async #open(target: WebSocketTarget): Promise<void> {
    const socket = new RawWebSocket(target, {
      onText: (bytes, start, end) => this.#take(bytes, start, end),
      onFailure: error => {
        this.#stands.reject(error)
        this.#tally.fail(error)
      },
    })
    this.#socket = socket
    await socket.opened
    if (this.#opening === undefined) return
    if (this.#opening.first !== undefined) socket.send(this.#opening.first)
    await this.#stands.promise
  }

  #take(bytes: Buffer, start: number, end: number): void {
    if (this.#standing && end - start >= eventBytes) {
      this.events += 1
      this.#tally.add(end - start)
      return
    }
    const text = bytes.toString('utf8', start, end)
    if (text.includes('"type":"ping"')) this.#socket?.send('{"type":"pong"}')
    else if (!this.#standing) this.#answer(text)
  }

  #answer(text: string): void {
    const next = this.#opening?.next(text)
    if (next === 'stands') {
      this.#standing = true
      this.#stands.resolve()
    } else if (next !== undefined && next !== 'wait') this.#socket?.send(next.send)
  }
}
