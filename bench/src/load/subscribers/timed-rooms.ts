import { sum } from '../../figures.ts'
import { type Latency, latencyOf } from '../latency.ts'
import { type Pace, paced } from '../sending/paced.ts'
import type { AudienceOptions } from './open-audience.ts'
import { TimedRoom } from './timed-room.ts'

export interface Receipt {
  /** From the request to each receipt, and to the last one of each event. */
  readonly each: Latency
  readonly last: Latency
}

export interface Received {
  readonly wanted: number
  readonly came: number
}

/** Rooms in which events are published at a constant rate, one room after the other. */
export class TimedRooms {
  readonly #rooms: readonly TimedRoom[]

  private constructor(rooms: readonly TimedRoom[]) {
    this.#rooms = rooms
  }

  /** A room for each publisher, in the order of their seats. */
  static async open({ publishers, seats, ...options }: AudienceOptions): Promise<TimedRooms> {
    const bySeat = [...Map.groupBy(seats, ({ conversationId }) => conversationId).values()]
    const rooms: TimedRoom[] = []
    for (const [index, publisher] of publishers.entries())
      rooms.push(await TimedRoom.open({ ...options, publishers: [publisher], seats: bySeat[index] ?? [] }))
    return new TimedRooms(rooms)
  }

  async run(pace: Pace): Promise<Receipt> {
    await paced(pace, (index, due) => this.#rooms[index % this.#rooms.length]?.publish(due) ?? Promise.resolve())
    const times = this.#rooms.map(room => ({ each: room.each, last: room.last }))
    for (const room of this.#rooms) {
      room.each = []
      room.last = []
    }
    return {
      each: latencyOf(times.flatMap(({ each }) => each)),
      last: latencyOf(times.flatMap(({ last }) => last)),
    }
  }

  get received(): Received {
    return {
      wanted: sum(this.#rooms.map(room => room.published * room.received.length)),
      came: sum(this.#rooms.map(room => sum(room.received))),
    }
  }
}
