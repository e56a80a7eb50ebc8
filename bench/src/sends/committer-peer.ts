import { sendMessage } from '../../../apps/server/src/services/commands/messages.ts'
import { actorOf } from '../../../apps/server/src/services/identity/actor.ts'
import { answerCalls } from '../processes/answer-calls.ts'
import { ownCpuSeconds } from '../processes/own-cpu-time.ts'
import { messageText } from '../rooms/message-text.ts'
import { type CommitterRooms, openCommitterRooms } from './committer-rooms.ts'
import { runSenders } from './run-senders.ts'
import type { Measured, SendRun } from './send-load.ts'

export type CommitterCalls = {
  open: { input: { file: string; senders: number }; answer: number }
  send: { input: SendRun; answer: Measured }
}

let rooms: CommitterRooms | undefined
let sent = 0

const sender = ({ committer, senders, shared, own }: CommitterRooms, { conversations }: SendRun, index: number) => {
  const userId = senders[index]
  const conversation = conversations === 'one' ? shared : own[index]
  if (userId === undefined || conversation === undefined) throw new RangeError(`there is no sender ${index}`)
  return () => {
    sent += 1
    return committer.run(
      sendMessage,
      {
        conversationId: conversation.id,
        content: { text: messageText, format: 'PLAIN' },
        clientMessageId: `client-${sent}`,
        replyToId: null,
        metadata: null,
      },
      actorOf(userId),
    )
  }
}

answerCalls<CommitterCalls>({
  async open({ file, senders }) {
    rooms = await openCommitterRooms(file, senders)
    return rooms.own.length
  },
  async send(run) {
    const opened = rooms
    if (opened === undefined) throw new Error('nothing is open')
    const senders = Array.from({ length: run.senders }, (_, index) => sender(opened, run, index))
    const before = ownCpuSeconds()
    const sends = await runSenders(senders, run.seconds)
    return { ...sends, cpuSeconds: ownCpuSeconds() - before }
  },
})
