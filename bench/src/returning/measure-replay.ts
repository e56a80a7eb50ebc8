import { Contestant } from '../fan-out/contestant.ts'
import { type Count, countOf, type Figures, sum } from '../figures.ts'
import { type Group, interleave, type Measure } from '../interleave.ts'
import type { Replay, Replayed } from '../load/storms/replay.ts'
import type { Protocol } from '../load/subscribers/subscriber.ts'
import type { Plan } from '../plan.ts'
import { cpuSeconds, secondsPerTick } from '../processes/cpu-time.ts'
import { lastSequenceOf } from '../rooms/make-room.ts'
import { oneRoom, titleOf } from '../served/layout.ts'
import { onlyRoom } from '../served/own-rooms.ts'
import { type Load, type OwnServed, serveOurs, servePeer, startLoad } from '../served/serve.ts'
import { ServedAudience } from '../served/served-audience.ts'

const protocols = ['messenger.v1', 'graphql-transport-ws'] as const

/** The maximum for one subscriber that resumes, and for each of many. */
const maxEvents = { one: 2000, each: 50 }

/** The subscribers that resume, and the results of each round. */
class Returning {
  readonly what: string
  readonly #replay: Replay
  readonly #pid: number
  readonly #load: Load
  readonly #all: Replayed[] = []

  constructor(what: string, pid: number, load: Load, replay: Replay) {
    this.what = what
    this.#pid = pid
    this.#load = load
    this.#replay = replay
  }

  get bytes(): number {
    return this.#all.at(-1)?.bytesPerDelivery ?? 500
  }

  readonly measure: Measure = async () => {
    const before = cpuSeconds(this.#pid)
    const replayed = await this.#load.call('replay', this.#replay)
    const cpu = Math.max(cpuSeconds(this.#pid) - before, secondsPerTick)
    this.#all.push(replayed)
    return [(cpu / replayed.deliveries) * 1e6, replayed.deliveries / replayed.seconds]
  }

  get count(): Count {
    const { events, seats } = this.#replay
    const came = sum(this.#all.map(({ deliveries }) => deliveries))
    return countOf(`${this.what}: deliveries`, events * seats.length * this.#all.length, came)
  }
}

/** Fills the log as fast as senders can, for as long as one measurement takes. */
const fillLog = async ({ audience, rooms }: OwnServed, load: Load, plan: Plan): Promise<number> => {
  const { token, conversationId } = onlyRoom(rooms)
  const accounts = Array.from({ length: plan.senders }, () => ({ token, conversationId }))
  const { port } = audience
  const { sends } = await load.call('send', {
    transport: 'graphql-transport-ws',
    port,
    accounts,
    seconds: plan.seconds,
  })
  return sends
}

const returningTo = async (plan: Plan, load: Load, protocol: Protocol): Promise<readonly [OwnServed, Returning[]]> => {
  const served = await serveOurs(plan, protocol, oneRoom(plan.usual))
  const logged = await fillLog(served, load, plan)
  const { token, conversationId } = onlyRoom(served.rooms)
  const { port, seats } = served.audience
  const head = await lastSequenceOf({ port, token }, conversationId)
  const returning = (count: number, most: number): Returning => {
    const events = Math.min(logged, most)
    const replay = { protocol, port, seats: seats.slice(0, count), after: head - events, events }
    const what = `${protocol}, ${titleOf(oneRoom(count))} back after ${events.toLocaleString('en-US')} events`
    return new Returning(what, served.server.pid, load, replay)
  }
  return [served, [returning(1, maxEvents.one), returning(plan.usual, maxEvents.each)]]
}

/**
 * The cost of sending missed events to subscribers that resume, compared with one prepared frame to each of as many.
 */
export const measureReplay = async (plan: Plan): Promise<Figures> => {
  const load = startLoad(plan)
  const bareServed = await servePeer(plan, 'bare ws', oneRoom(plan.usual))
  const bare = new Contestant('bare ws', await ServedAudience.gather(bareServed, load), plan.seconds)
  const servers: OwnServed[] = []
  const all: Returning[] = []
  for (const protocol of protocols) {
    const [served, returning] = await returningTo(plan, load, protocol)
    servers.push(served)
    all.push(...returning)
  }
  const groups: readonly Group[] = all.map(returning => ({
    units: ['µs CPU', 'deliveries/s'],
    besides: 'bare ws',
    beside: bare.measure(1, 'write', () => returning.bytes),
    lines: [returning],
  }))
  const ratios = await interleave(groups, plan.rounds, plan.tell)
  await bare.served.stop()
  await Promise.all([load, ...servers.map(({ server }) => server)].map(each => each.stop()))
  return { ratios, counts: [bare.count, ...all.map(({ count }) => count)] }
}
