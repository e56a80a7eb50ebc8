import type { ConversationId, UserId } from '@cpc-messenger/messenger'
import { type RunningServer, startServer } from '../../../apps/server/src/main.ts'
import { sendMessage } from '../../../apps/server/src/services/commands/messages.ts'
import { readSettings } from '../../../apps/server/src/settings.ts'
import { answerCalls } from '../processes/answer-calls.ts'
import { messageText } from '../rooms/message-text.ts'
import { takeOrders } from './take-orders.ts'

interface WrittenRoom {
  readonly conversationId: string
  readonly writer: string
}

export type OwnServerCalls = {
  listen: {
    input: { readonly file: string; readonly jwtSecret: string }
    answer: { readonly port: number; readonly orders: number }
  }
  /** To whom each order sends a message. */
  writeTo: { input: readonly WrittenRoom[]; answer: null }
}

let server: RunningServer | undefined
let rooms: readonly WrittenRoom[] = []

/** Sends a message in each room, all passed to the committer at once: one transaction, without a client. */
const publish = (): void => {
  for (const { conversationId, writer } of rooms)
    void server?.committer.run(
      sendMessage,
      {
        conversationId: conversationId as ConversationId,
        content: { text: messageText, format: 'PLAIN' },
        clientMessageId: null,
        replyToId: null,
        metadata: null,
      },
      { userId: writer as UserId, service: false },
    )
}

answerCalls<OwnServerCalls>({
  async listen({ file, jwtSecret }) {
    const env = { PORT: '0', DATABASE_URL: `file:${file}`, AUTH_JWT_SECRET: jwtSecret, LOG_LEVEL: 'warn' }
    server = await startServer(readSettings({ env }))
    return { port: server.port, orders: await takeOrders(publish) }
  },
  writeTo(written) {
    rooms = written
    return null
  },
})
