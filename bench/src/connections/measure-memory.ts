import type { Figures } from '../figures.ts'
import { interleave, type Measure } from '../interleave.ts'
import type { Plan } from '../plan.ts'
import { settledBytes } from '../processes/resident-bytes.ts'
import { oneRoom } from '../served/layout.ts'
import { otherPeers } from '../served/peer-server.ts'
import { type Load, type Served, servePeer, serveRestarted, startLoad } from '../served/serve.ts'
import { ServedAudience } from '../served/served-audience.ts'

const protocols = ['messenger.v1', 'graphql-transport-ws'] as const

/** Resident memory of a server for each idle connection. */
const perConnection =
  (serve: () => Promise<Served>, load: Load): Measure =>
  async () => {
    const served = await serve()
    const { pid } = served.server
    const empty = await settledBytes(pid)
    const audience = await ServedAudience.gather(served, load)
    const full = await settledBytes(pid)
    await audience.stop()
    return [(full - empty) / audience.subscribers / 1024]
  }

/**
 * Memory of idle connections, each authenticated and subscribed if the server supports that. A server that has had
 * connections keeps memory for reuse, so each figure is of a new process and is measured once.
 */
export const measureMemory = async (plan: Plan): Promise<Figures> => {
  const load = startLoad(plan)
  const layout = oneRoom(plan.largest)
  const ours = protocols.map(protocol => ({ name: protocol, serve: () => serveRestarted(plan, protocol, layout) }))
  const others = otherPeers.map(name => ({ name, serve: () => servePeer(plan, name, layout) }))
  const group = {
    units: ['KB'],
    besides: 'bare ws',
    beside: perConnection(() => servePeer(plan, 'bare ws', layout), load),
    lines: [...ours, ...others].map(({ name, serve }) => ({
      what: `${name}, each of ${plan.largest.toLocaleString('en-US')} idle connections`,
      measure: perConnection(serve, load),
    })),
  } as const
  const ratios = await interleave([group], 1, plan.tell, 'cold')
  await load.stop()
  return { ratios, counts: [] }
}
