import { type Group, interleave, type Measure } from '../interleave.ts'
import type { LoadCalls } from '../load/load-peer.ts'
import type { BareWay } from '../load/publisher.ts'
import { type Protocol, protocols } from '../load/subscriber.ts'
import type { Plan } from '../plan.ts'
import { PeerProcess } from '../processes/peer-process.ts'
import type { Ratio } from '../ratio.ts'
import { type Measured, ServedAudience } from './served-audience.ts'

/** What came in all measurements of one server together. */
export interface Deliveries {
  readonly server: string
  readonly events: number
  readonly subscribers: number
  readonly deliveries: number
  /** Over all measurements: what the subscriber with the fewest lacks, and the one with the most has too many. */
  readonly missing: number
  readonly tooMany: number
}

export interface FanOutFigures {
  readonly ratios: readonly Ratio[]
  readonly deliveries: readonly Deliveries[]
}

const burst = 4

/** Broadcasts to one audience, and keeps what was counted. */
class Contestant {
  readonly served: ServedAudience
  readonly #name: string
  readonly #plan: Plan
  readonly #all: Measured[] = []

  constructor(name: string, served: ServedAudience, plan: Plan) {
    this.#name = name
    this.served = served
    this.#plan = plan
  }

  /** Of a delivery, as last measured. */
  get bytes(): number {
    return this.#all.at(-1)?.bytesPerDelivery ?? 500
  }

  /** Our server makes its events itself: only a bare one is told how and how long. */
  measure(inFlight: number, way: BareWay = 'write', bytes: () => number = () => this.bytes): Measure {
    return async () => {
      const order = { way, bytes: bytes() }
      const measured = await this.served.broadcast({ seconds: this.#plan.seconds, inFlight, order })
      this.#all.push(measured)
      return [measured.cpuMicroseconds, measured.deliveries / measured.seconds]
    }
  }

  get deliveries(): Deliveries {
    const sum = (of: (measured: Measured) => number): number => this.#all.reduce((total, each) => total + of(each), 0)
    return {
      server: this.#name,
      events: sum(({ events }) => events),
      subscribers: this.#plan.subscribers,
      deliveries: sum(({ deliveries }) => deliveries),
      missing: sum(({ events, fewest }) => events - fewest),
      tooMany: sum(({ events, most }) => most - events),
    }
  }
}

const counted = (subscribers: number): string => `${subscribers.toLocaleString('en-US')} subscribers`

const groupOf = (protocol: Protocol, ours: Contestant, bare: Contestant, { subscribers }: Plan): Group => {
  const title = `${protocol}, ${counted(subscribers)}`
  return {
    units: ['µs CPU', 'deliveries/s'],
    besides: 'bare ws',
    beside: bare.measure(1, 'write', () => ours.bytes),
    lines: [
      { what: `${title}, one event in flight`, measure: ours.measure(1) },
      { what: `${title}, ${burst} in flight`, measure: ours.measure(burst) },
    ],
  }
}

/** What the library's own sending costs beside a frame that stands ready, at the same length. */
const librarysOwn = (bare: Contestant, { subscribers }: Plan): Group => ({
  units: ['µs CPU', 'deliveries/s'],
  besides: 'bare ws',
  beside: bare.measure(1),
  lines: [
    { what: `ws, send() to each, ${counted(subscribers)}, one event in flight`, measure: bare.measure(1, 'send') },
  ],
})

/** CPU time of the server for each delivery of one event to many, beside one ready-made frame to as many sockets. */
export const measureFanOut = async (plan: Plan): Promise<FanOutFigures> => {
  const { processes, cpus, rounds, tell } = plan
  const load = new PeerProcess<LoadCalls>(processes, new URL('../load/load-peer.ts', import.meta.url), cpus.load)
  const bare = new Contestant('bare ws', await ServedAudience.openBare(plan, load), plan)
  const contestants: Contestant[] = []
  const groups: Group[] = []
  for (const protocol of protocols) {
    const ours = new Contestant(protocol, await ServedAudience.open(plan, load, protocol), plan)
    contestants.push(ours)
    groups.push(groupOf(protocol, ours, bare, plan))
  }
  groups.push(librarysOwn(bare, plan))
  const ratios = await interleave(groups, rounds, line => tell(`fan-out: ${line}`))
  for (const { served } of contestants) await served.stop()
  return { ratios, deliveries: [bare, ...contestants].map(({ deliveries }) => deliveries) }
}
