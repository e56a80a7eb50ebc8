import { answerCalls } from '../processes/answer-calls.ts'
import type { SendRun, Sent } from '../sends/send-load.ts'
import { BarePostgres } from './bare-postgres.ts'

export type BarePostgresCalls = {
  open: { input: { url: string; connections: number }; answer: number }
  send: { input: SendRun; answer: Sent }
}

let bare: BarePostgres | undefined

answerCalls<BarePostgresCalls>({
  async open({ url, connections }) {
    bare = await BarePostgres.open(url, connections)
    return connections
  },
  send({ conversations, seconds }) {
    if (bare === undefined) throw new Error('nothing is open')
    return bare.run(conversations, seconds)
  },
})
