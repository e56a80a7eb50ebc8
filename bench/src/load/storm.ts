import { setTimeout as after } from 'node:timers/promises'
import { sum } from '../figures.ts'
import { type AudienceOptions, openSubscribers } from './open-audience.ts'
import { paced } from './paced.ts'
import { openPublisher, type Publisher } from './publisher.ts'
import { subscribers } from './subscribe.ts'
import type { Receipts, Seat, Subscriber, SubscriberTarget } from './subscriber.ts'

export interface StormOptions extends AudienceOptions {
  /** The last sequence before it: from there only what is published raises it. */
  readonly since: number
}

export interface StormFigures {
  /** What was published while they were away or coming, and before. */
  readonly published: number
  readonly missing: number
  readonly tooMany: number
  /** From the cut until the last one has everything. */
  readonly seconds: number
  /** Connections that failed while they were being made, and were made again. */
  readonly failed: number
}

const perSecond = 5
const calmSeconds = 0.5
const spreadMs = 1000
const retryMs = 200
const patienceMs = 60_000

/** One who is cut off and comes back with the last sequence that it has. */
class Survivor {
  events = 0
  readonly #seat: Seat
  #subscriber: Subscriber

  constructor(seat: Seat, subscriber: Subscriber) {
    this.#seat = seat
    this.#subscriber = subscriber
  }

  get total(): number {
    return this.events + this.#subscriber.events
  }

  cut(): void {
    this.#subscriber.close()
  }

  /** Answers how many attempts failed. */
  async comeBack(open: (seat: Seat, events: number) => Promise<Subscriber>): Promise<number> {
    await after(Math.random() * spreadMs)
    const events = this.total
    const until = performance.now() + patienceMs
    for (let failed = 0; ; failed += 1) {
      try {
        this.#subscriber = await open(this.#seat, events)
        this.events = events
        return failed
      } catch (error) {
        if (performance.now() > until) throw error
        await after(retryMs)
      }
    }
  }

  close(): void {
    this.#subscriber.close()
  }
}

/** Nobody is waited for by number, and who is cut off is expected to be. */
const uncounted: Receipts = { add: () => undefined, fail: () => undefined }

/** Many who are all cut off at once, and are all back within a second, while messages are sent. */
export class Storm {
  readonly #options: StormOptions
  readonly #publisher: Publisher
  readonly #survivors: readonly Survivor[]
  #published = 0

  private constructor(options: StormOptions, publisher: Publisher, opened: readonly Subscriber[]) {
    this.#options = options
    this.#publisher = publisher
    this.#survivors = options.seats.map((seat, index) => new Survivor(seat, opened[index] as Subscriber))
  }

  static async gather(options: StormOptions): Promise<Storm> {
    const [publisher] = options.publishers
    if (publisher === undefined) throw new RangeError('nobody publishes')
    const opened = await openSubscribers(options, uncounted)
    return new Storm(options, await openPublisher(publisher, uncounted.fail), opened)
  }

  async run(): Promise<StormFigures> {
    await this.#publish(calmSeconds)
    for (const survivor of this.#survivors) survivor.cut()
    const began = performance.now()
    const back = Promise.all(this.#survivors.map(survivor => survivor.comeBack(this.#open)))
    let coming = true
    const settled = back.finally(() => {
      coming = false
    })
    while (coming) await this.#publish(1)
    const failed = sum(await settled)
    await this.#caughtUp(began + patienceMs)
    const seconds = (performance.now() - began) / 1000
    await after(100)
    const lacking = this.#survivors.map(survivor => this.#published - survivor.total)
    for (const each of [...this.#survivors, this.#publisher]) each.close()
    return {
      published: this.#published,
      missing: sum(lacking.map(lack => Math.max(0, lack))),
      tooMany: sum(lacking.map(lack => Math.max(0, -lack))),
      seconds,
      failed,
    }
  }

  readonly #open = (seat: Seat, events: number): Promise<Subscriber> => {
    const { protocol, port, since } = this.#options
    const target: SubscriberTarget = { port, ...seat, after: since + events }
    return subscribers[protocol](target, uncounted)
  }

  async #publish(seconds: number): Promise<void> {
    await paced({ perSecond, seconds }, async () => {
      this.#published += 1
      await this.#publisher.publish({ way: 'write', bytes: 500 })
    })
  }

  async #caughtUp(until: number): Promise<void> {
    while (this.#survivors.some(({ total }) => total < this.#published) && performance.now() < until) await after(5)
  }
}
