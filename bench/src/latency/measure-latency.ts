import { type Count, countOf, type Figures } from '../figures.ts'
import { type Group, interleave, type Measure } from '../interleave.ts'
import type { Latency } from '../load/latency.ts'
import type { Seat } from '../load/subscribers/subscriber.ts'
import type { Plan } from '../plan.ts'
import { titleOf } from '../served/layout.ts'
import { type Load, type Served, serveOurs, servePeer, startLoad } from '../served/serve.ts'

const floor = 'ws and a SQLite commit'
const perSecondInRooms = 200

const figuresOf = ({ p50, p99 }: Latency): readonly number[] => [p50, p99]
const units = ['ms p50', 'ms p99'] as const

/** The publishers, as senders. */
const accountsOf = ({ audience }: Served): readonly Seat[] =>
  audience.publishers.flatMap(publisher => (publisher.kind === 'send' ? [publisher] : []))

const answers = (served: Served, load: Load, perSecond: number, seconds: number): Measure => {
  const run = { port: served.audience.port, accounts: accountsOf(served), perSecond, seconds }
  return async () => figuresOf(await load.call('pace', run))
}

/** Latency of durable sends at half of the server's maximum rate. */
const answerGroup = async (plan: Plan, load: Load, ours: Served, bare: Served): Promise<Group> => {
  const { port } = ours.audience
  const accounts = accountsOf(ours)
  const fastest = { transport: 'graphql-transport-ws', port, accounts, seconds: plan.seconds } as const
  await load.call('send', fastest)
  const { sends, seconds: took } = await load.call('send', fastest)
  const perSecond = Math.max(1, sends / took / 2)
  const seconds = plan.seconds * 2
  return {
    units,
    besides: floor,
    beside: answers(bare, load, perSecond, seconds),
    lines: [
      {
        what: `${plan.senders} senders, half the maximal load (${Math.round(perSecond)} a second): answer to a durable send`,
        measure: answers(ours, load, perSecond, seconds),
      },
    ],
  }
}

interface Receiver {
  readonly measure: Measure
  count(): Promise<Count>
}

/** From the request to the last receipt in its room. */
const receipts = async (served: Served, load: Load, { seconds }: Plan): Promise<Receiver> => {
  const rooms = await load.call('gatherRooms', served.audience)
  const run = { rooms, perSecond: perSecondInRooms, seconds: seconds * 2 }
  return {
    measure: async () => figuresOf((await load.call('tellRooms', run)).last),
    async count() {
      const { wanted, came } = await load.call('receivedInRooms', rooms)
      return countOf(`${served.audience.protocol}: timed receipts`, wanted, came)
    },
  }
}

const protocols = ['messenger.v1', 'graphql-transport-ws'] as const

/** Latency, compared with a minimal server that stores every message. */
export const measureLatency = async (plan: Plan): Promise<Figures> => {
  const load = startLoad(plan)
  const senders = { rooms: plan.senders, size: 0 }
  const layout = { rooms: plan.rooms, size: 10 }
  const answering = [
    await serveOurs(plan, 'graphql-transport-ws', senders),
    await servePeer(plan, floor, senders),
  ] as const
  const bare = await servePeer(plan, floor, layout)
  const ours: Served[] = []
  for (const protocol of protocols) ours.push(await serveOurs(plan, protocol, layout))
  const floorReceipts = await receipts(bare, load, plan)
  const receiving: Receiver[] = []
  for (const served of ours) receiving.push(await receipts(served, load, plan))
  const groups: readonly Group[] = [
    await answerGroup(plan, load, ...answering),
    {
      units,
      besides: floor,
      beside: floorReceipts.measure,
      lines: protocols.map((protocol, index) => ({
        what: `${protocol}, ${titleOf(layout)}, ${perSecondInRooms} messages a second: last receipt`,
        measure: receiving[index]?.measure ?? floorReceipts.measure,
      })),
    },
  ]
  const ratios = await interleave(groups, plan.rounds, plan.tell)
  const counts: Count[] = []
  for (const receiver of [floorReceipts, ...receiving]) counts.push(await receiver.count())
  await Promise.all(
    [load, bare.server, ...[...answering, ...ours].map(({ server }) => server)].map(each => each.stop()),
  )
  return { ratios, counts }
}
