import { answerCalls } from '../processes/answer-calls.ts'
import type { Sent } from '../sends/send-load.ts'
import type { Audience, Broadcast, BroadcastRun } from './audience.ts'
import { type AudienceOptions, openAudience } from './open-audience.ts'
import { type SendersRun, sendFromAll } from './senders.ts'

export type LoadCalls = {
  send: { input: SendersRun; answer: Sent }
  /** Answers the audience's number. */
  gather: { input: AudienceOptions; answer: number }
  broadcast: { input: BroadcastRun & { readonly audience: number }; answer: Broadcast }
}

const audiences: Audience[] = []

answerCalls<LoadCalls>({
  send: sendFromAll,
  async gather(options) {
    return audiences.push(await openAudience(options)) - 1
  },
  broadcast({ audience, ...run }) {
    const gathered = audiences[audience]
    if (gathered === undefined) throw new RangeError(`there is no audience ${audience}`)
    return gathered.run(run)
  },
})
