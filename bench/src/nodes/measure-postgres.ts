import { countOf, type Figures } from '../figures.ts'
import { type Group, interleave, type Measure } from '../interleave.ts'
import type { Plan } from '../plan.ts'
import { PeerProcess } from '../processes/peer-process.ts'
import type { SendLoad, Sent } from '../sends/send-load.ts'
import { ServedRooms } from '../sends/served-rooms.ts'
import type { BarePostgresCalls } from './bare-postgres-peer.ts'
import { Databases } from './databases.ts'

const connections = 32

const rate =
  (send: () => Promise<Sent>): Measure =>
  async () => {
    const { sends, seconds } = await send()
    return [sends / seconds]
  }

/**
 * Durable sends a second of one node over PostgreSQL, compared with the rate at which PostgreSQL itself inserts the
 * same rows, one statement for each send. Nothing is pinned to a CPU: all of them also run the database's processes.
 */
export const measurePostgres = async (given: Plan): Promise<Figures> => {
  const plan: Plan = { ...given, cpus: { measured: undefined, load: undefined } }
  await using databases = await Databases.start()
  const bare = new PeerProcess<BarePostgresCalls>(
    plan.processes,
    new URL('./bare-postgres-peer.ts', import.meta.url),
    undefined,
  )
  await bare.call('open', { url: await databases.make(), connections })
  const served = await ServedRooms.open(plan, { DATABASE_URL: await databases.make() })
  const before = await served.logged()
  const loads: readonly SendLoad[] = [
    { senders: plan.senders, conversations: 'own' },
    { senders: plan.senders, conversations: 'one' },
  ]
  const groups = loads.map((load): Group => {
    const run = { ...load, seconds: plan.seconds }
    const title = `PostgreSQL, one node, ${load.senders} senders, ${load.conversations === 'one' ? 'one conversation' : 'a conversation each'}`
    return {
      units: ['sends/s'],
      besides: `single statements, ${connections} connections`,
      beside: rate(() => bare.call('send', run)),
      lines: [
        { what: `${title}: graphql-transport-ws`, measure: rate(() => served.send('graphql-transport-ws', run)) },
        { what: `${title}: HTTP`, measure: rate(() => served.send('http', run)) },
      ],
    }
  })
  const ratios = await interleave(groups, plan.rounds, plan.tell)
  const logged = (await served.logged()) - before
  await Promise.all([served.stop(), bare.stop()])
  return { ratios, counts: [countOf('PostgreSQL: answered sends in the logs', served.answered, logged)] }
}
