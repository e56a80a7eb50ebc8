import { type FanOutFigures, measureFanOut } from './fan-out/measure-fan-out.ts'
import type { Options } from './options.ts'
import { chooseCpus } from './processes/cpus.ts'
import type { Processes } from './processes/processes.ts'
import { measureSends, type SendFigures } from './sends/measure-sends.ts'

export interface Figures {
  readonly sends: SendFigures | undefined
  readonly fanOut: FanOutFigures | undefined
}

/** Measures one part after the other; whoever owns the processes ends them. */
export const runBench = async (
  { parts, ...options }: Options,
  processes: Processes,
  tell: (line: string) => void,
): Promise<Figures> => {
  const plan = { ...options, processes, tell, cpus: chooseCpus() }
  return {
    sends: parts.includes('sends') ? await measureSends(plan) : undefined,
    fanOut: parts.includes('fanout') ? await measureFanOut(plan) : undefined,
  }
}
