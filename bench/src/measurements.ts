import { measureAccept } from './connections/measure-accept.ts'
import { measureMemory } from './connections/measure-memory.ts'
import { measureFanOut } from './fan-out/measure-fan-out.ts'
import { measurePeers } from './fan-out/measure-peers.ts'
import { measureRooms } from './fan-out/measure-rooms.ts'
import type { Figures } from './figures.ts'
import { measureFlat } from './flat/measure-flat.ts'
import { measureLatency } from './latency/measure-latency.ts'
import { measureSlow } from './latency/measure-slow.ts'
import { measureNodes } from './nodes/measure-nodes.ts'
import { measurePostgres } from './nodes/measure-postgres.ts'
import type { PartName } from './options.ts'
import { measurePage } from './page/measure-page.ts'
import type { Plan } from './plan.ts'
import { measureReplay } from './returning/measure-replay.ts'
import { measureStorm } from './returning/measure-storm.ts'
import { measureSends } from './sends/measure-sends.ts'
import { measureSignals } from './signals/measure-signals.ts'

/** The function that measures each part of the bench. */
export const parts: Readonly<Record<PartName, (plan: Plan) => Promise<Figures>>> = {
  sends: measureSends,
  postgres: measurePostgres,
  nodes: measureNodes,
  fanout: measureFanOut,
  peers: measurePeers,
  rooms: measureRooms,
  signals: measureSignals,
  page: measurePage,
  flat: measureFlat,
  memory: measureMemory,
  accept: measureAccept,
  latency: measureLatency,
  slow: measureSlow,
  storm: measureStorm,
  replay: measureReplay,
}
