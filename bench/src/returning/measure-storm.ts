import type { Count, Figures } from '../figures.ts'
import type { Plan } from '../plan.ts'
import { type Metric, metricOf } from '../processes/metric.ts'
import { lastSequenceOf } from '../rooms/make-room.ts'
import { oneRoom, titleOf } from '../served/layout.ts'
import { onlyRoom } from '../served/own-rooms.ts'
import { type Load, serveOurs, startLoad } from '../served/serve.ts'

const protocols = ['messenger.v1', 'graphql-transport-ws'] as const

/** How many queries the server has made so far, by the first of these metrics that it has. */
const storeStatements = (port: number): Promise<Metric | undefined> =>
  metricOf(port, 'messenger_store_statements_total', 'messenger_store_reads_total')

interface Weathered {
  readonly count: Count
  readonly note: string
}

const weather = async (plan: Plan, load: Load, protocol: (typeof protocols)[number]): Promise<Weathered> => {
  const layout = oneRoom(plan.largest)
  const { server, audience, rooms } = await serveOurs(plan, protocol, layout)
  const { port } = server
  const { token, conversationId } = onlyRoom(rooms)
  const since = await lastSequenceOf({ port, token }, conversationId)
  const storm = await load.call('gatherStorm', { ...audience, since })
  const before = await storeStatements(port)
  plan.tell(`${protocol}, ${titleOf(layout)}: cut`)
  const { published, missing, tooMany, backSeconds, seconds, failed } = await load.call('storm', storm)
  const after = await storeStatements(port)
  await server.stop()
  const what = `${protocol}, ${titleOf(layout)} disconnected and reconnecting within a second`
  const asked = before === undefined || after === undefined ? '' : `; ${after.value - before.value} by ${after.name}`
  const caughtUp = missing === 0 ? 'caught up' : 'not caught up'
  return {
    count: { what: `${what}: events`, wanted: published * layout.size, missing, tooMany },
    note: `${what}: all connected again after ${backSeconds.toFixed(1)} s and ${caughtUp} after ${seconds.toFixed(1)} s; ${published} messages sent, ${failed} connections failed and were tried again${asked}`,
  }
}

/** All subscribers reconnect at once, each with its last sequence, while messages are sent. */
export const measureStorm = async (plan: Plan): Promise<Figures> => {
  const load = startLoad(plan)
  const weathered: Weathered[] = []
  for (const protocol of protocols) weathered.push(await weather(plan, load, protocol))
  await load.stop()
  return { ratios: [], counts: weathered.map(({ count }) => count), notes: weathered.map(({ note }) => note) }
}
