import type { Receipts, Seat, Subscriber } from '../subscribers/subscriber.ts'

/** Opens a subscription that resumes after so many events of the storm. */
export type Reconnect = (seat: Seat, events: number, receipts: Receipts) => Promise<Subscriber>

const retryMs = 200

/** A client that reconnects from its position whenever its connection is lost. */
export class Survivor implements Receipts {
  /** Connections that failed or could not be opened. */
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

  /** Resolves once the subscription is active. */
  async come(): Promise<void> {
    this.#due = Number.POSITIVE_INFINITY
    this.#subscriber = await this.#open(this.#seat, this.#events, this)
  }

  /** Reconnects if it is disconnected and its delay is over. */
  comeWhenDue(now: number): void {
    // `fail` has handled the error already and schedules the next attempt.
    if (now >= this.#due) this.come().catch(() => undefined)
  }

  /** Ends the connection; it may reconnect at that time. */
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
