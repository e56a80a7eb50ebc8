import { countOf, type Figures } from '../figures.ts'
import { type Group, interleave, type Measure } from '../interleave.ts'
import type { Plan } from '../plan.ts'
import { PeerProcess } from '../processes/peer-process.ts'
import type { BareSqliteCalls } from './bare-sqlite-peer.ts'
import type { CommitterCalls } from './committer-peer.ts'
import type { Measured, SendLoad, SendRun } from './send-load.ts'
import { ServedRooms } from './served-rooms.ts'

interface Contestants {
  readonly bare: PeerProcess<BareSqliteCalls>
  readonly committer: PeerProcess<CommitterCalls>
  readonly served: ServedRooms
}

const startAll = async (plan: Plan): Promise<Contestants> => {
  const { processes, cpus, senders } = plan
  const start = (file: string) => [processes, new URL(file, import.meta.url), cpus.measured] as const
  const bare = new PeerProcess<BareSqliteCalls>(...start('./bare-sqlite-peer.ts'))
  const committer = new PeerProcess<CommitterCalls>(...start('./committer-peer.ts'))
  await bare.call('open', { file: processes.file('bare.db'), senders })
  await committer.call('open', { file: processes.file('committer.db'), senders })
  return { bare, committer, served: await ServedRooms.open(plan) }
}

const titleOf = ({ senders, conversations }: SendLoad): string => {
  if (senders === 1) return '1 sender'
  return `${senders} senders, ${conversations === 'one' ? 'one conversation' : 'a conversation each'}`
}

const groupOf = ({ bare, committer, served }: Contestants, run: SendRun): Group => {
  const rate =
    (send: () => Promise<Measured>): Measure =>
    async () => {
      const { sends, seconds, cpuSeconds } = await send()
      return [sends / seconds, (cpuSeconds / sends) * 1e6]
    }
  const title = titleOf(run)
  const transactions = run.senders === 1 ? 'SQLite, a transaction each' : `SQLite, batches of ${run.senders}`
  return {
    units: ['sends/s', 'µs CPU'],
    besides: transactions,
    beside: rate(() => bare.call('send', { ...run, loading: true })),
    lines: [
      { what: `${title}: graphql-transport-ws`, measure: rate(() => served.send('graphql-transport-ws', run)) },
      { what: `${title}: HTTP`, measure: rate(() => served.send('http', run)) },
      { what: `${title}: the committer in process`, measure: rate(() => committer.call('send', run)) },
      {
        what: `${title}: SQLite, only writing`,
        measure: rate(() => bare.call('send', { ...run, loading: false })),
      },
    ],
  }
}

/**
 * Durable sends a second, compared with the rate at which SQLite alone runs the same statements in transactions of the
 * same size.
 */
export const measureSends = async (plan: Plan): Promise<Figures> => {
  const { senders, seconds, rounds, tell } = plan
  const contestants = await startAll(plan)
  const { served, bare, committer } = contestants
  const before = await served.logged()
  const loads: readonly SendLoad[] = [
    { senders: 1, conversations: 'own' },
    { senders, conversations: 'own' },
    { senders, conversations: 'one' },
  ]
  const groups = loads.map(load => groupOf(contestants, { ...load, seconds }))
  const ratios = await interleave(groups, rounds, tell)
  const logged = (await served.logged()) - before
  await Promise.all([served.stop(), bare.stop(), committer.stop()])
  return { ratios, counts: [countOf('answered sends in the logs', served.answered, logged)] }
}
