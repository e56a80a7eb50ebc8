import { answerCalls } from '../processes/answer-calls.ts'
import type { Sent } from '../sends/send-load.ts'
import { type RequestsRun, requestFromAll } from './http/requests.ts'
import { type SendersRun, sendFromAll } from './sending/senders.ts'
import { type ReturnCalls, returnCalls } from './storms/return-calls.ts'
import type { Audience, Broadcast, BroadcastRun } from './subscribers/audience.ts'
import { type AudienceOptions, openAudience } from './subscribers/open-audience.ts'
import { type TimeCalls, timeCalls } from './time-calls.ts'

export type LoadCalls = TimeCalls &
  ReturnCalls & {
    send: { input: SendersRun; answer: Sent }
    request: { input: RequestsRun; answer: Sent }
    /** Returns the audience's number. */
    gather: { input: AudienceOptions; answer: number }
    /** Closes an audience. */
    dismiss: { input: number; answer: null }
    broadcast: { input: BroadcastRun & { readonly audience: number }; answer: Broadcast }
  }

const audiences: (Audience | undefined)[] = []

const audienceOf = (number: number): Audience => {
  const gathered = audiences[number]
  if (gathered === undefined) throw new RangeError(`there is no audience ${number}`)
  return gathered
}

answerCalls<LoadCalls>({
  ...timeCalls,
  ...returnCalls,
  send: sendFromAll,
  request: requestFromAll,
  async gather(options) {
    return audiences.push(await openAudience(options)) - 1
  },
  dismiss(audience) {
    audienceOf(audience).close()
    audiences[audience] = undefined
    return null
  },
  broadcast: ({ audience, ...run }) => audienceOf(audience).run(run),
})
