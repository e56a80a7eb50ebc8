import type { Handlers } from '../processes/calls.ts'
import type { Latency } from './latency.ts'
import type { Pace } from './sending/paced.ts'
import { type PacedSends, sendPaced } from './sending/paced-sends.ts'
import type { AudienceOptions } from './subscribers/open-audience.ts'
import { type CaughtUp, type Habit, SlowReader } from './subscribers/slow-reader.ts'
import type { SubscriberTarget } from './subscribers/subscriber.ts'
import { type Receipt, type Received, TimedRooms } from './subscribers/timed-rooms.ts'

/** Calls to the process that measures latency. */
export type TimeCalls = {
  pace: { input: PacedSends; answer: Latency }
  /** Returns the rooms' number. */
  gatherRooms: { input: AudienceOptions; answer: number }
  tellRooms: { input: Pace & { readonly rooms: number }; answer: Receipt }
  receivedInRooms: { input: number; answer: Received }
  /** Returns the reader's number. */
  openSlow: { input: SlowOptions; answer: number }
  /** The slow reader reads on until it has so many events. */
  catchUp: { input: { readonly reader: number; readonly events: number }; answer: CaughtUp }
}

interface SlowOptions extends SubscriberTarget {
  readonly since: number
  readonly habit: Habit
}

const gathered: TimedRooms[] = []
const slowReaders: SlowReader[] = []

const roomsOf = (number: number): TimedRooms => {
  const rooms = gathered[number]
  if (rooms === undefined) throw new RangeError(`there are no rooms ${number}`)
  return rooms
}

export const timeCalls: Handlers<TimeCalls> = {
  pace: sendPaced,
  async gatherRooms(options) {
    return gathered.push(await TimedRooms.open(options)) - 1
  },
  tellRooms: ({ rooms, ...pace }) => roomsOf(rooms).run(pace),
  receivedInRooms: rooms => roomsOf(rooms).received,
  async openSlow({ since, habit, ...target }) {
    return slowReaders.push(await SlowReader.open(target, since, habit)) - 1
  },
  catchUp({ reader, events }) {
    const slow = slowReaders[reader]
    if (slow === undefined) throw new RangeError(`there is no slow reader ${reader}`)
    return slow.catchUp(events)
  },
}
