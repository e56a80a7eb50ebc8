import { openPublisher, type Publisher } from '../sending/publisher.ts'
import { type AudienceOptions, openSubscribers } from './open-audience.ts'
import type { Receipts, Subscriber } from './subscriber.ts'

interface PublishedEvent {
  readonly at: number
  readonly all: PromiseWithResolvers<void>
  receipts: number
}

/** One room that records when each event was requested and when each subscriber received it. */
export class TimedRoom implements Receipts {
  /** Of all receipts, and of the last of each event, in milliseconds. */
  each: number[] = []
  last: number[] = []
  readonly #size: number
  readonly #published: PublishedEvent[] = []
  #publisher: Publisher | undefined
  #subscribers: readonly Subscriber[] = []

  private constructor(size: number) {
    this.#size = size
  }

  static async open({ publishers, ...options }: AudienceOptions): Promise<TimedRoom> {
    const room = new TimedRoom(options.seats.length)
    const [publisher] = publishers
    if (publisher === undefined) throw new RangeError('there is no publisher')
    room.#publisher = await openPublisher(publisher, error => room.fail(error))
    room.#subscribers = await openSubscribers(options, room)
    return room
  }

  /** Events published so far. */
  get published(): number {
    return this.#published.length
  }

  /** How many events each subscriber has received. */
  get received(): readonly number[] {
    return this.#subscribers.map(({ events }) => events)
  }

  /** Resolves once the send is answered and all subscribers have received it. */
  async publish(due: number): Promise<void> {
    const all = Promise.withResolvers<void>()
    this.#published.push({ at: due, all, receipts: 0 })
    await Promise.all([this.#publisher?.publish({ way: 'write', bytes: 500 }), all.promise])
  }

  add(_bytes: number, nth: number): void {
    const event = this.#published[nth - 1]
    if (event === undefined) return
    const took = performance.now() - event.at
    this.each.push(took)
    event.receipts += 1
    if (event.receipts < this.#size) return
    this.last.push(took)
    event.all.resolve()
  }

  fail(error: Error): void {
    for (const { all } of this.#published) all.reject(error)
  }

  close(): void {
    this.#publisher?.close()
    for (const subscriber of this.#subscribers) subscriber.close()
  }
}
