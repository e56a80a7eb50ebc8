import type { Figures } from '../figures.ts'
import type { Plan } from '../plan.ts'
import { serveOurs, startLoad } from '../served/serve.ts'
import { servePlainEvents } from '../served/serve-plain-events.ts'
import { besideBare, type Entry } from './beside-bare.ts'

const measured = ['graphql-transport-ws', 'messenger.v1'] as const

/** One event in each of many small rooms at a time, compared with a bare server that does the same. */
export const measureRooms = async (plan: Plan): Promise<Figures> => {
  const load = startLoad(plan)
  const layout = { rooms: plan.rooms, size: 10 }
  const entries = measured.flatMap((protocol): readonly Entry[] => [
    {
      name: `${protocol}, plain events`,
      inFlight: [1],
      serve: () => servePlainEvents(plan, protocol, layout),
    },
    {
      name: `${protocol}, a sendMessage behind each event`,
      inFlight: [1],
      serve: () => serveOurs(plan, protocol, layout),
    },
  ])
  const figures = await besideBare(plan, load, layout, entries)
  await load.stop()
  return figures
}
