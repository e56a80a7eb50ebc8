import { type Count, sum } from '../figures.ts'
import type { Measure } from '../interleave.ts'
import type { BareWay } from '../load/sending/publisher.ts'
import type { Measured, ServedAudience } from '../served/served-audience.ts'

/** Broadcasts to one audience, and keeps what was counted. */
export class Contestant {
  readonly served: ServedAudience
  readonly #name: string
  readonly #seconds: number
  readonly #all: Measured[] = []

  constructor(name: string, served: ServedAudience, seconds: number) {
    this.#name = name
    this.served = served
    this.#seconds = seconds
  }

  /** Of a delivery, as last measured. */
  get bytes(): number {
    return this.#all.at(-1)?.bytesPerDelivery ?? 500
  }

  /**
   * CPU time for each delivery, and deliveries a second. Only a bare server takes the way of sending and the length.
   */
  measure(inFlight: number, way: BareWay = 'write', bytes: () => number = () => this.bytes): Measure {
    return async () => {
      const order = { way, bytes: bytes() }
      const measured = await this.served.broadcast({ seconds: this.#seconds, inFlight, order })
      this.#all.push(measured)
      return [measured.cpuMicroseconds, measured.deliveries / measured.seconds]
    }
  }

  /**
   * How many events are missing at the subscriber with the fewest, and how many are too many at the one with the most.
   */
  get count(): Count {
    const { subscribers } = this.served
    return {
      what: `${this.#name}: deliveries to ${subscribers.toLocaleString('en-US')}`,
      wanted: sum(this.#all.map(({ events }) => events)) * subscribers,
      missing: sum(this.#all.map(({ events, fewest }) => Math.max(0, events - fewest))),
      tooMany: sum(this.#all.map(({ events, most }) => Math.max(0, most - events))),
    }
  }
}
