import { type Count, countOf, type Figures } from '../figures.ts'
import { interleave, type Measure } from '../interleave.ts'
import type { Habit } from '../load/subscribers/slow-reader.ts'
import type { Plan } from '../plan.ts'
import { metricOf } from '../processes/metric.ts'
import { residentBytes } from '../processes/resident-bytes.ts'
import { lastSequenceOf } from '../rooms/make-room.ts'
import { oneRoom, titleOf } from '../served/layout.ts'
import { onlyRoom } from '../served/own-rooms.ts'
import { type Load, type OwnServed, serveOurs, startLoad } from '../served/serve.ts'

const habits: readonly Habit[] = ['never reads', 'sips']
const protocol = 'graphql-transport-ws'

/** Long enough that the log soon exceeds the kernel's buffers. */
const longText = 'A long message, such as people paste into a conversation. '.repeat(140)
const perSecond = 20

/** A connection that reads nothing for a minute is closed; everything must be measured by then. */
const maxSeconds = 45

interface Crowd {
  readonly served: OwnServed
  /** The subscribers whose latency is measured, by their number in the load. */
  readonly rooms: number
  /** The slow subscribers resume from this sequence, and so many earlier events are pending for them. */
  readonly since: number
  readonly pending: number
}

/** Long messages, as many as senders can send in the time of one measurement. */
const fillLog = async ({ server, rooms }: OwnServed, load: Load, { senders, seconds }: Plan): Promise<number> => {
  const { token, conversationId } = onlyRoom(rooms)
  const accounts = Array.from({ length: senders }, () => ({ token, conversationId }))
  const run = { transport: 'graphql-transport-ws', port: server.port, accounts, seconds, text: longText } as const
  return (await load.call('send', run)).sends
}

/** All but those who may be slow. */
const openCrowd = async (plan: Plan, load: Load): Promise<Crowd> => {
  const served = await serveOurs(plan, protocol, oneRoom(plan.usual + habits.length))
  const { port, token, conversationId } = onlyRoom(served.rooms)
  const since = await lastSequenceOf({ port, token }, conversationId)
  const pending = await fillLog(served, load, plan)
  const { seats, ...audience } = served.audience
  const rooms = await load.call('gatherRooms', { ...audience, seats: seats.slice(habits.length) })
  return { served, rooms, since, pending }
}

const openSlow = async ({ served, since }: Crowd, load: Load): Promise<readonly number[]> => {
  const { port, seats } = served.audience
  const readers: number[] = []
  for (const [index, habit] of habits.entries()) {
    const seat = seats[index]
    if (seat !== undefined) readers.push(await load.call('openSlow', { port, ...seat, since, habit }))
  }
  return readers
}

/** Each receipt of the subscribers that read, and the server's memory. */
const telling =
  ({ served, rooms }: Crowd, load: Load, seconds: number): Measure =>
  async () => {
    const { each } = await load.call('tellRooms', { rooms, perSecond, seconds })
    return [each.p50, each.p99, residentBytes(served.server.pid) / 2 ** 20]
  }

const countsOf = async (
  crowds: readonly Crowd[],
  readers: readonly number[],
  load: Load,
): Promise<readonly Count[]> => {
  const counts: Count[] = []
  let events = 0
  for (const [index, { served, rooms, pending }] of crowds.entries()) {
    const { wanted, came } = await load.call('receivedInRooms', rooms)
    if (index === 0) events = pending + wanted / (served.audience.seats.length - habits.length)
    counts.push(countOf(`the others' receipts ${index === 0 ? 'beside two slow ones' : 'alone'}`, wanted, came))
  }
  for (const [index, reader] of readers.entries()) {
    const { events: came, closed } = await load.call('catchUp', { reader, events })
    const how = closed ? ', after it was closed and reconnected' : ''
    counts.push(countOf(`events of the one who ${habits[index]}, once it reads on${how}`, events, came))
  }
  return counts
}

/** The effect on all other subscribers of one that never reads and one that reads 64 KiB every five seconds. */
export const measureSlow = async (plan: Plan): Promise<Figures> => {
  const load = startLoad(plan)
  const beside = await openCrowd(plan, load)
  const alone = await openCrowd(plan, load)
  const readers = await openSlow(beside, load)
  const seconds = Math.min(plan.seconds * 3, maxSeconds / (plan.rounds + 1) / 2)
  const group = {
    units: ['ms p50', 'ms p99', 'MB'],
    besides: 'without them',
    beside: telling(alone, load, seconds),
    lines: [
      {
        what: `${protocol}, ${titleOf(oneRoom(plan.usual))} beside two slow ones: each receipt`,
        measure: telling(beside, load, seconds),
      },
    ],
  } as const
  const ratios = await interleave([group], plan.rounds, plan.tell)
  const behind = await metricOf(beside.served.server.port, 'messenger_cursors_behind')
  const counts = await countsOf([beside, alone], readers, load)
  await Promise.all([load, beside.served.server, alone.served.server].map(each => each.stop()))
  const note = `slow subscribers: ${behind?.value} of 2 were behind the log when they began to read again`
  return { ratios, counts, notes: [note] }
}
