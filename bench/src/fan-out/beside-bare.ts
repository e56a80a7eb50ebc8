import type { Count, Figures } from '../figures.ts'
import { type Group, interleave } from '../interleave.ts'
import type { Plan } from '../plan.ts'
import type { Ratio } from '../ratio.ts'
import { type Layout, titleOf } from '../served/layout.ts'
import { type Load, type Served, servePeer } from '../served/serve.ts'
import { ServedAudience } from '../served/served-audience.ts'
import { Contestant } from './contestant.ts'

export interface Entry {
  readonly name: string
  /** How many events are published before all subscribers have received the first of them; one line for each number. */
  readonly inFlight: readonly number[]
  serve(): Promise<Served>
}

const flight = (inFlight: number): string => (inFlight === 1 ? 'one event in flight' : `${inFlight} in flight`)

/** Compares sending through the library with writing a prepared frame of the same length. */
export const ownServersBeside = (bare: Contestant, layout: Layout): readonly Group[] => [
  {
    units: ['µs CPU', 'deliveries/s'],
    besides: 'bare ws',
    beside: bare.measure(1),
    lines: [{ what: `ws, send() to each, ${titleOf(layout)}, ${flight(1)}`, measure: bare.measure(1, 'send') }],
  },
]

const groupOf = ({ name, inFlight }: Entry, ours: Contestant, bare: Contestant, layout: Layout): Group => ({
  units: ['µs CPU', 'deliveries/s'],
  besides: 'bare ws',
  beside: bare.measure(1, 'write', () => ours.bytes),
  lines: inFlight.map(count => ({
    what: `${name}, ${titleOf(layout)}, ${flight(count)}`,
    measure: ours.measure(count),
  })),
})

/**
 * Measures each entry in turn. In each round it is compared with a bare server that writes a prepared frame of the same
 * length to as many subscribers in as many rooms. An entry's server stops before the next one starts.
 */
export const besideBare = async (
  plan: Plan,
  load: Load,
  layout: Layout,
  entries: readonly Entry[],
  alone: typeof ownServersBeside = () => [],
): Promise<Figures> => {
  const { seconds, rounds, tell } = plan
  const contest = async (name: string, served: Served): Promise<Contestant> =>
    new Contestant(name, await ServedAudience.gather(served, load), seconds)
  const bare = await contest('bare ws', await servePeer(plan, 'bare ws', layout))
  const ratios: Ratio[] = []
  const counts: Count[] = []
  for (const entry of entries) {
    const ours = await contest(entry.name, await entry.serve())
    const group = groupOf(entry, ours, bare, layout)
    ratios.push(...(await interleave([group], rounds, line => tell(`${entry.name}, ${titleOf(layout)}: ${line}`))))
    counts.push(ours.count)
    await ours.served.stop()
  }
  ratios.push(...(await interleave(alone(bare, layout), rounds, line => tell(`bare ws, ${titleOf(layout)}: ${line}`))))
  await bare.served.stop()
  return { ratios, counts: [bare.count, ...counts] }
}
