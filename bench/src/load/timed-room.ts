import { type AudienceOptions, openSubscribers } from './open-audience.ts'
import { openPublisher, type Publisher } from './publisher.ts'
import type { Receipts, Subscriber } from './subscriber.ts'

interface Told {
  readonly at: number
  readonly all: PromiseWithResolvers<void>
  receipts: number
}

/** One room in which it is known when each event was asked for and when each subscriber has got it. */
export class TimedRoom implements Receipts {
  /** Of all receipts, and of the last of each event, in milliseconds. */
  each: number[] = []
  last: number[] = []
  readonly #size: number
  readonly #told: Told[] = []
  #publisher: Publisher | undefined
  #subscribers: readonly Subscriber[] = []

  private constructor(size: number) {
    this.#size = size
  }

  static async open({ publishers, ...options }: AudienceOptions): Promise<TimedRoom> {
    const room = new TimedRoom(options.seats.length)
    const [publisher] = publishers
    if (publisher === undefined) throw new RangeError('nobody publishes')
    room.#publisher = await openPublisher(publisher, error => room.fail(error))
    room.#subscribers = await openSubscribers(options, room)
    return room
  }

  /** Events published so far. */
  get published(): number {
    return this.#told.length
  }

  /** How many events each subscriber has got. */
  get received(): readonly number[] {
    return this.#subscribers.map(({ events }) => events)
  }

  /** Resolves once it is answered and all have got it. */
  async publish(due: number): Promise<void> {
    const all = Promise.withResolvers<void>()
    this.#told.push({ at: due, all, receipts: 0 })
    await Promise.all([this.#publisher?.publish({ way: 'write', bytes: 500 }), all.promise])
  }

  add(_bytes: number, nth: number): void {
    const told = this.#told[nth - 1]
    if (told === undefined) return
    const took = performance.now() - told.at
    this.each.push(took)
    told.receipts += 1
    if (told.receipts < this.#size) return
    this.last.push(took)
    told.all.resolve()
  }

  fail(error: Error): void {
    for (const { all } of this.#told) all.reject(error)
  }

  close(): void {
    this.#publisher?.close()
    for (const subscriber of this.#subscribers) subscriber.close()
  }
}
