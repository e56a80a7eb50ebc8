import { setTimeout as after } from 'node:timers/promises'
import type { SocketSubscriber } from './socket-subscriber.ts'
import { subscribeGraphQL } from './subscribe.ts'
import type { Receipts, SubscriberTarget } from './subscriber.ts'

export type Habit = 'never reads' | 'sips'

export interface CaughtUp {
  readonly events: number
  /** The server closed its connection, and it reconnected with its last sequence. */
  readonly closed: boolean
}

const sipBytes = 64 * 1024
const sipMs = 5000
const patienceMs = 30_000

/** A subscriber that reads almost nothing until it is made to continue. */
export class SlowReader implements Receipts {
  readonly #target: SubscriberTarget
  readonly #since: number
  #socket: SocketSubscriber | undefined
  #sips: NodeJS.Timeout | undefined
  #closed = false
  #cameBack = false
  #events = 0

  private constructor(target: SubscriberTarget, since: number) {
    this.#target = { ...target, readBytes: sipBytes }
    this.#since = since
  }

  /** It resumes from the sequence `since`. */
  static async open(target: SubscriberTarget, since: number, habit: Habit): Promise<SlowReader> {
    const reader = new SlowReader(target, since)
    const socket = await subscribeGraphQL({ ...reader.#target, after: since }, reader)
    reader.#socket = socket
    socket.reading = false
    if (habit === 'sips') reader.#sips = setInterval(() => socket.sip(), sipMs)
    return reader
  }

  /** Reads until so many events have arrived or the time is up. */
  async catchUp(events: number): Promise<CaughtUp> {
    clearInterval(this.#sips)
    if (this.#socket !== undefined) this.#socket.reading = true
    const until = performance.now() + patienceMs
    while (this.#events < events && performance.now() < until) {
      if (this.#closed) await this.#reconnect()
      await after(20)
    }
    await after(50)
    this.#socket?.close()
    return { events: this.#events, closed: this.#cameBack }
  }

  add(): void {
    this.#events += 1
  }

  fail(): void {
    this.#closed = true
  }

  async #reconnect(): Promise<void> {
    this.#closed = false
    this.#cameBack = true
    this.#socket = await subscribeGraphQL({ ...this.#target, after: this.#since + this.#events }, this)
  }
}
