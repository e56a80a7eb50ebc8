import { RawWebSocket, type WebSocketTarget } from '../sockets/raw-web-socket.ts'
import type { Receipts, Subscriber } from './subscriber.ts'

/** Frames of the protocols themselves are shorter than this, an event with its message's text is longer. */
const usualEventBytes = 250

type Next = 'wait' | 'stands' | { readonly send: string; readonly stands?: true }

/** The client's first message, and its replies until the subscription is active. */
export interface Opening {
  readonly first: string | undefined
  /** If events are shorter than usual: the least length of one. */
  readonly eventBytes?: number
  /** A text to send, nothing, or that the subscription is active. Throws if the server refuses. */
  next(text: string): Next
}

/** A heartbeat within the protocol. */
export interface Heartbeat {
  readonly ping: string
  readonly pong: string
}

const graphqlHeartbeat: Heartbeat = { ping: '{"type":"ping"', pong: '{"type":"pong"}' }

/** Opens a subscription on a WebSocket and counts its events without parsing them. */
export class SocketSubscriber implements Subscriber {
  events = 0
  readonly #receipts: Receipts
  readonly #opening: Opening | undefined
  readonly #heartbeat: Heartbeat
  readonly #eventBytes: number
  readonly #stands = Promise.withResolvers<void>()
  #subscribed: boolean
  #socket: RawWebSocket | undefined

  private constructor(receipts: Receipts, opening: Opening | undefined, heartbeat: Heartbeat) {
    this.#receipts = receipts
    this.#opening = opening
    this.#heartbeat = heartbeat
    // A bare server sends nothing but events.
    this.#eventBytes = opening === undefined ? 0 : (opening.eventBytes ?? usualEventBytes)
    this.#subscribed = opening === undefined
  }

  /** Without an opening the subscription is active from the upgrade on. */
  static async open(
    target: WebSocketTarget,
    receipts: Receipts,
    opening?: Opening,
    heartbeat = graphqlHeartbeat,
  ): Promise<SocketSubscriber> {
    const subscriber = new SocketSubscriber(receipts, opening, heartbeat)
    await subscriber.#open(target)
    return subscriber
  }

  /** Stops reading, so that bytes stay in the kernel's buffers, or continues. */
  set reading(reading: boolean) {
    if (this.#socket !== undefined) this.#socket.reading = reading
  }

  /** Reads once from the kernel's buffers while reading is stopped. */
  sip(): void {
    this.#socket?.sip()
  }

  close(): void {
    this.#socket?.close()
  }

  async #open(target: WebSocketTarget): Promise<void> {
    const socket = new RawWebSocket(target, {
      onText: (bytes, start, end) => this.#take(bytes, start, end),
      onFailure: error => {
        this.#stands.reject(error)
        this.#receipts.fail(error)
      },
    })
    this.#socket = socket
    const asked = socket.opened.then(() => {
      if (this.#opening === undefined) this.#stands.resolve()
      else if (this.#opening.first !== undefined) socket.send(this.#opening.first)
    })
    await Promise.all([asked, this.#stands.promise])
  }

  #take(bytes: Buffer, start: number, end: number): void {
    if (this.#subscribed && end - start >= this.#eventBytes) {
      this.events += 1
      this.#receipts.add(end - start, this.events)
      return
    }
    const text = bytes.toString('utf8', start, end)
    if (text.startsWith(this.#heartbeat.ping)) this.#socket?.send(this.#heartbeat.pong)
    else if (!this.#subscribed) this.#answer(text)
    else if (text.includes('"errors"') || text.startsWith('{"type":"Error"'))
      throw new Error(`the server has failed: ${text}`)
  }

  #answer(text: string): void {
    const next = this.#opening?.next(text)
    if (next === undefined || next === 'wait') return
    if (next !== 'stands') this.#socket?.send(next.send)
    if (next === 'stands' || next.stands === true) {
      this.#subscribed = true
      this.#stands.resolve()
    }
  }
}
