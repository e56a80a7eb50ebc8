import { type Figures, together } from '../figures.ts'
import { protocols } from '../load/subscribers/subscriber.ts'
import type { Plan } from '../plan.ts'
import { type Layout, oneRoom } from '../served/layout.ts'
import { serveOurs, startLoad } from '../served/serve.ts'
import { besideBare, type Entry, ownServersBeside } from './beside-bare.ts'

/** The number of users who write at once in a conversation of that size. */
const burstOf = ({ size }: Layout): number => (size < 5000 ? 4 : 8)

const entriesOf = (plan: Plan, layout: Layout): readonly Entry[] => {
  const inFlight = [1, burstOf(layout)]
  const alike = protocols.map(protocol => ({
    name: protocol,
    inFlight,
    serve: () => serveOurs(plan, protocol, layout),
  }))
  if (layout.size !== plan.usual) return alike
  const serve = () => serveOurs(plan, 'graphql-transport-ws', layout, 'by viewer')
  return [...alike, { name: 'graphql-transport-ws, by viewer', inFlight, serve }]
}

/**
 * CPU time of the server for each delivery of one event to many subscribers, compared with writing one prepared frame
 * to as many sockets.
 */
export const measureFanOut = async (plan: Plan): Promise<Figures> => {
  const load = startLoad(plan)
  const figures: Figures[] = []
  for (const size of plan.sizes) {
    const layout = oneRoom(size)
    const alone = size === plan.usual ? ownServersBeside : undefined
    figures.push(await besideBare(plan, load, layout, entriesOf(plan, layout), alone))
  }
  await load.stop()
  return together(figures)
}
