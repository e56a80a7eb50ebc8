import type { Handlers } from '../../processes/calls.ts'
import { type Replay, type Replayed, replayToAll } from './replay.ts'
import { Storm, type StormFigures, type StormOptions } from './storm.ts'

/** Calls to the process that simulates reconnecting clients. */
export type ReturnCalls = {
  replay: { input: Replay; answer: Replayed }
  /** Returns the storm's number. */
  gatherStorm: { input: StormOptions; answer: number }
  storm: { input: number; answer: StormFigures }
}

const storms: Storm[] = []

export const returnCalls: Handlers<ReturnCalls> = {
  replay: replayToAll,
  async gatherStorm(options) {
    return storms.push(await Storm.gather(options)) - 1
  },
  storm(number) {
    const storm = storms[number]
    if (storm === undefined) throw new RangeError(`there is no storm ${number}`)
    return storm.run()
  },
}
