import { randomBytes } from 'node:crypto'
import { NatsServer, natsServerProgram } from '../../../apps/server/test/support/nats-server.ts'
import { countOf, type Figures } from '../figures.ts'
import { type Group, interleave, type Measure } from '../interleave.ts'
import type { AudienceOptions } from '../load/subscribers/open-audience.ts'
import type { Plan } from '../plan.ts'
import { cpuSeconds, secondsPerTick } from '../processes/cpu-time.ts'
import { MessengerServer } from '../processes/messenger-server.ts'
import { ServedRooms } from '../sends/served-rooms.ts'
import { titleOf } from '../served/layout.ts'
import { makeOwnRooms, seatsOf } from '../served/own-rooms.ts'
import { type Load, startLoad } from '../served/serve.ts'
import { Databases } from './databases.ts'

const perSecond = 200
const layout = { rooms: 20, size: 10 }
const idleNodes = 2

const natsUrl = ({ port }: NatsServer): string => `nats://127.0.0.1:${port}`

/** Rooms whose members subscribe on `listening`, and whose owners send through `sending`. */
const audienceOf = async (sending: MessengerServer, listening: MessengerServer): Promise<AudienceOptions> => {
  const rooms = await makeOwnRooms(sending, layout)
  return {
    protocol: 'messenger.v1',
    port: listening.port,
    selection: 'alike',
    publishers: rooms.map(({ token, conversationId }) => ({ kind: 'send', port: sending.port, token, conversationId })),
    seats: seatsOf(rooms),
  }
}

const receipts = async (load: Load, audience: AudienceOptions, seconds: number) => {
  const rooms = await load.call('gatherRooms', audience)
  const measure: Measure = async () => {
    const { p50, p99 } = (await load.call('tellRooms', { rooms, perSecond, seconds })).last
    return [p50, p99]
  }
  return { rooms, measure }
}

/** Microseconds of CPU that all these processes take for each send of `work`. */
const cpuOf = async (pids: readonly number[], work: () => Promise<{ readonly sends: number }>): Promise<number> => {
  const total = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
  const before = total()
  const { sends } = await work()
  return (Math.max(total() - before, secondsPerTick) / sends) * 1e6
}

/**
 * The cost of several nodes: latency over the bus to a subscriber of another node compared with latency within one
 * node, and what nodes without a subscriber add to a send.
 */
export const measureNodes = async (given: Plan): Promise<Figures> => {
  const plan: Plan = { ...given, cpus: { measured: undefined, load: undefined } }
  const { processes, profileFolder } = plan
  if (natsServerProgram === undefined)
    return { ratios: [], counts: [], notes: ['What several nodes cost was not measured: there is no nats-server.'] }
  await using databases = await Databases.start()
  await using nats = await NatsServer.start()
  const load = startLoad(plan)
  const jwtSecret = randomBytes(32).toString('hex')
  const start = (environment: Readonly<Record<string, string>>): Promise<MessengerServer> =>
    MessengerServer.start(processes, { cpu: undefined, profileFolder, environment }, { file: '', jwtSecret })
  const alone = await start({ DATABASE_URL: await databases.make() })
  const shared = { DATABASE_URL: await databases.make(), NATS_URL: natsUrl(nats) }
  const [sending, listening] = [await start(shared), await start(shared)]
  const seconds = plan.seconds * 2
  const inside = await receipts(load, await audienceOf(alone, alone), seconds)
  const across = await receipts(load, await audienceOf(sending, listening), seconds)
  const withBus = async () => ({ DATABASE_URL: await databases.make(), NATS_URL: natsUrl(nats) })
  const single = await ServedRooms.open(plan, await withBus())
  const many = await withBus()
  const busy = await ServedRooms.open(plan, many)
  const idle = await Promise.all(Array.from({ length: idleNodes }, () => start(many)))
  const run = { senders: plan.senders, conversations: 'own', seconds: plan.seconds } as const
  const sends = (rooms: ServedRooms) => rooms.send('graphql-transport-ws', run)
  const groups: readonly Group[] = [
    {
      units: ['ms p50', 'ms p99'],
      besides: 'one node without a bus',
      beside: inside.measure,
      lines: [
        {
          what: `PostgreSQL, NATS, two nodes, ${titleOf(layout)}, ${perSecond} messages a second: last receipt at the other node`,
          measure: across.measure,
        },
      ],
    },
    {
      units: ['µs CPU'],
      besides: 'one node with a bus',
      beside: async () => [await cpuOf([single.server.pid], () => sends(single))],
      lines: [
        {
          what: `a send, all nodes together, ${idleNodes} more of them without a subscriber`,
          measure: async () => [await cpuOf([busy.server.pid, ...idle.map(({ pid }) => pid)], () => sends(busy))],
        },
      ],
    },
  ]
  const ratios = await interleave(groups, plan.rounds, plan.tell)
  const { wanted, came } = await load.call('receivedInRooms', across.rooms)
  for (const each of [load, alone, sending, listening, single, busy, ...idle]) await each.stop()
  return { ratios, counts: [countOf('over NATS: timed receipts', wanted, came)] }
}
