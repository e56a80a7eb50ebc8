import { setTimeout as after } from 'node:timers/promises'
import type { Order, Publisher } from '../sending/publisher.ts'
import type { Subscriber } from './subscriber.ts'
import type { Tally } from './tally.ts'

export interface BroadcastRun {
  readonly seconds: number
  /** Events that are published in each room before all subscribers have got the first of them. */
  readonly inFlight: number
  readonly order: Order
}

export interface Broadcast {
  /** To each subscriber. */
  readonly events: number
  readonly deliveries: number
  /** The fewest and the most events that one subscriber has received. */
  readonly fewest: number
  readonly most: number
  readonly seconds: number
  readonly bytesPerDelivery: number
}

/** Time in which a duplicate delivery would arrive. */
const quietMs = 30

/** All subscribers of one server, in one room or in many equal ones, and the publishers. */
export class Audience {
  readonly #subscribers: readonly Subscriber[]
  readonly #tally: Tally
  readonly #publishers: readonly Publisher[]

  constructor(subscribers: readonly Subscriber[], tally: Tally, publishers: readonly Publisher[]) {
    this.#subscribers = subscribers
    this.#tally = tally
    this.#publishers = publishers
  }

  async run({ seconds, inFlight, order }: BroadcastRun): Promise<Broadcast> {
    const before = this.#subscribers.map(subscriber => subscriber.events)
    const { count, bytes } = this.#tally
    const size = this.#subscribers.length
    const answers: Promise<unknown>[] = []
    const began = performance.now()
    do {
      answers.push(Promise.all(this.#publishers.map(publisher => publisher.publish(order))))
      await this.#tally.reached(count + (answers.length - inFlight + 1) * size)
    } while (performance.now() - began < seconds * 1000)
    await Promise.all(answers)
    await this.#tally.reached(count + answers.length * size)
    const took = (performance.now() - began) / 1000
    await after(quietMs)
    const got = this.#subscribers.map((subscriber, index) => subscriber.events - (before[index] ?? 0))
    const deliveries = this.#tally.count - count
    return {
      events: answers.length,
      deliveries,
      fewest: Math.min(...got),
      most: Math.max(...got),
      seconds: took,
      bytesPerDelivery: Math.round((this.#tally.bytes - bytes) / deliveries),
    }
  }

  close(): void {
    for (const publisher of this.#publishers) publisher.close()
    for (const subscriber of this.#subscribers) subscriber.close()
  }
}
