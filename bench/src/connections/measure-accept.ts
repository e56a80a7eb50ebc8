import { setTimeout as after } from 'node:timers/promises'
import type { Figures } from '../figures.ts'
import { interleave, type Measure } from '../interleave.ts'
import { protocols } from '../load/subscribers/subscriber.ts'
import type { Plan } from '../plan.ts'
import { cpuSeconds, secondsPerTick } from '../processes/cpu-time.ts'
import { oneRoom, titleOf } from '../served/layout.ts'
import { type Load, type Served, serveOurs, servePeer, startLoad } from '../served/serve.ts'
import { ServedAudience } from '../served/served-audience.ts'

/** Time for a server to notice that the connections of the round before are closed. */
const closeTimeMs = 200

const accepting =
  (served: Served, load: Load): Measure =>
  async () => {
    const audience = await served.again()
    const { pid } = served.server
    const [began, before] = [performance.now(), cpuSeconds(pid)]
    const gathered = await ServedAudience.gather({ ...served, audience: { ...audience, publishers: [] } }, load)
    const cpu = Math.max(cpuSeconds(pid) - before, secondsPerTick)
    const seconds = (performance.now() - began) / 1000
    await gathered.dismiss()
    await after(closeTimeMs)
    return [(cpu / gathered.subscribers) * 1e6, gathered.subscribers / seconds]
  }

/**
 * From the connection's first packet until its subscription is active, with a token that the server has not seen
 * before.
 */
export const measureAccept = async (plan: Plan): Promise<Figures> => {
  const load = startLoad(plan)
  const layout = oneRoom(plan.usual)
  const bare = await servePeer(plan, 'bare ws', layout)
  const ours: Served[] = []
  for (const protocol of protocols) ours.push(await serveOurs(plan, protocol, layout))
  const group = {
    units: ['µs CPU', 'connections/s'],
    besides: 'bare ws',
    beside: accepting(bare, load),
    lines: ours.map(served => ({
      what: `${served.audience.protocol}, ${titleOf(layout)} come, authenticate and subscribe`,
      measure: accepting(served, load),
    })),
  } as const
  const ratios = await interleave([group], plan.rounds, plan.tell)
  await Promise.all([load, bare.server, ...ours.map(({ server }) => server)].map(each => each.stop()))
  return { ratios, counts: [] }
}
