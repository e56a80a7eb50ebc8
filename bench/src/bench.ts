import { type Figures, together } from './figures.ts'
import { parts } from './measurements.ts'
import type { Options } from './options.ts'
import { chooseCpus } from './processes/cpus.ts'
import type { Processes } from './processes/processes.ts'

/** Measures one part after the other. The caller stops the processes. */
export const runBench = async (
  { only, ...options }: Options,
  processes: Processes,
  tell: (line: string) => void,
): Promise<Figures> => {
  const figures: Figures[] = []
  for (const name of only) {
    const plan = { ...options, processes, cpus: chooseCpus(), tell: (line: string) => tell(`${name}: ${line}`) }
    figures.push(await parts[name](plan))
  }
  return together(figures)
}
