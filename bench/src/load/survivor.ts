import type { Receipts, Seat, Subscriber } from './subscriber.ts'

/** Opens a subscription that goes on after so many events of the storm. */
export type Reconnect = (seat: Seat, events: number, receipts: Receipts) => Promise<Subscriber>

const retryMs = 200

/** A client that comes back with what it has whenever its connection is gone. */
export class Survivor implements Receipts {
  /** Connections that ended by themselves, or that could not be made. */
  failed = 0
  readonly #seat: Seat
  readonly #open: Reconnect
  /** On connections before this one. */
  #events = 0
  #subscriber: Subscriber | undefined
  #due = 0

  constructor(seat: Seat, open: Reconnect) {
    this.#seat = seat
    this.#open = open
  }

  get here(): boolean {
    return this.#subscriber !== undefined
  }

  get events(): number {
    return this.#events + (this.#subscriber?.events ?? 0)
  }

  /** Resolves once the subscription stands. */
  async come(): Promise<void> {
    this.#due = Number.POSITIVE_INFINITY
    this.#subscriber = await this.#open(this.#seat, this.#events, this)
  }

  /** Comes if it is away and its time has come. */
  comeWhenDue(now: number): void {
    // What fails has been told to `fail` already, from where it is tried again.
    if (now >= this.#due) this.come().catch(() => undefined)
  }

  /** Ends the connection; it may come back at that time. */
  cut(due: number): void {
    this.#events = this.events
    this.#subscriber?.close()
    this.#subscriber = undefined
    this.#due = due
  }

  close(): void {
    this.#subscriber?.close()
  }

  add(): void {
    // Each subscription counts its own events.
  }

  fail(): void {
    this.failed += 1
    this.cut(performance.now() + retryMs)
  }
}
