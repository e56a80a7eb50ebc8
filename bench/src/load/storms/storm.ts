import { setTimeout as after } from 'node:timers/promises'
import { sum } from '../../figures.ts'
import { paced } from '../sending/paced.ts'
import { openPublisher, type Publisher } from '../sending/publisher.ts'
import type { AudienceOptions } from '../subscribers/open-audience.ts'
import { subscribers } from '../subscribers/subscribe.ts'
import { type Reconnect, Survivor } from './survivor.ts'

export interface StormOptions extends AudienceOptions {
  /** The last sequence before the storm; only published events raise it. */
  readonly since: number
}

export interface StormFigures {
  readonly published: number
  /** Of all subscribers together. */
  readonly missing: number
  readonly tooMany: number
  /** From the cut until all were subscribed again, and until the last one had received everything. */
  readonly backSeconds: number
  readonly seconds: number
  /** Connections that failed or could not be opened, and were opened again. */
  readonly failed: number
}

const atOnce = 25
const perSecond = 5
const calmSeconds = 0.5
const spreadMs = 1000
/** After the cut: how long sending continues, and how long subscribers may take to catch up. */
const sendingMs = 30_000
const patienceMs = 60_000

/** Many clients that are all disconnected at once and reconnect within a second while messages are sent. */
export class Storm {
  readonly #publisher: Publisher
  readonly #survivors: readonly Survivor[]
  #published = 0

  private constructor(publisher: Publisher, survivors: readonly Survivor[]) {
    this.#publisher = publisher
    this.#survivors = survivors
  }

  static async gather({ protocol, port, since, seats, publishers }: StormOptions): Promise<Storm> {
    const [publisher] = publishers
    if (publisher === undefined) throw new RangeError('there is no publisher')
    const open: Reconnect = (seat, events, receipts) =>
      subscribers[protocol]({ port, ...seat, after: since + events }, receipts)
    const survivors = seats.map(seat => new Survivor(seat, open))
    for (let from = 0; from < survivors.length; from += atOnce)
      await Promise.all(survivors.slice(from, from + atOnce).map(survivor => survivor.come()))
    const fail = (error: Error): never => {
      throw error
    }
    return new Storm(await openPublisher(publisher, fail), survivors)
  }

  async run(): Promise<StormFigures> {
    await this.#publish(calmSeconds)
    const cut = performance.now()
    for (const survivor of this.#survivors) survivor.cut(cut + Math.random() * spreadMs)
    const sending = this.#sendUntilBack(cut)
    await this.#until(cut + sendingMs, survivor => survivor.here)
    const backSeconds = (performance.now() - cut) / 1000
    await sending
    await this.#until(cut + patienceMs, ({ events }) => events >= this.#published)
    const seconds = (performance.now() - cut) / 1000
    await after(100)
    const lacking = this.#survivors.map(({ events }) => this.#published - events)
    for (const each of [...this.#survivors, this.#publisher]) each.close()
    return {
      published: this.#published,
      missing: sum(lacking.map(lack => Math.max(0, lack))),
      tooMany: sum(lacking.map(lack => Math.max(0, -lack))),
      backSeconds,
      seconds,
      failed: sum(this.#survivors.map(({ failed }) => failed)),
    }
  }

  async #sendUntilBack(cut: number): Promise<void> {
    do await this.#publish(1)
    while (performance.now() < cut + sendingMs && this.#survivors.some(({ here }) => !here))
  }

  async #publish(seconds: number): Promise<void> {
    await paced({ perSecond, seconds }, async () => {
      this.#published += 1
      await this.#publisher.publish({ way: 'write', bytes: 500 })
    })
  }

  /** Reconnects clients that are disconnected until the condition is true for all. */
  async #until(deadline: number, holds: (survivor: Survivor) => boolean): Promise<void> {
    while (performance.now() < deadline && !this.#survivors.every(holds)) {
      const now = performance.now()
      for (const survivor of this.#survivors) survivor.comeWhenDue(now)
      await after(5)
    }
  }
}
