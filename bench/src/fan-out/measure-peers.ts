import { type Figures, together } from '../figures.ts'
import type { Plan } from '../plan.ts'
import { oneRoom } from '../served/layout.ts'
import { otherPeers } from '../served/peer-server.ts'
import { servePeer, startLoad } from '../served/serve.ts'
import { besideBare } from './beside-bare.ts'

/** CPU time of other servers for the same broadcast, without users and without a store. */
export const measurePeers = async (plan: Plan): Promise<Figures> => {
  const load = startLoad(plan)
  const figures: Figures[] = []
  for (const size of new Set([plan.usual, plan.largest])) {
    const layout = oneRoom(size)
    const entries = otherPeers.map(name => ({ name, inFlight: [1], serve: () => servePeer(plan, name, layout) }))
    figures.push(await besideBare(plan, load, layout, entries))
  }
  await load.stop()
  return together(figures)
}
