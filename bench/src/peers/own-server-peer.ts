import type { ConversationId, UserId } from '@cpc-messenger/messenger'
import { type RunningServer, startServer } from '../../../apps/server/src/main.ts'
import { sendMessage } from '../../../apps/server/src/services/commands/messages.ts'
import { actorOf } from '../../../apps/server/src/services/identity/actor.ts'
import { readSettings } from '../../../apps/server/src/settings.ts'
import { answerCalls } from '../processes/answer-calls.ts'
import { messageText } from '../rooms/message-text.ts'
import { MarkingReaders } from './marking-readers.ts'
import { takeOrders } from './take-orders.ts'
import { ThreadTypist } from './thread-typist.ts'

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
  /** In which room each order makes a signal of a user who types. Resolves once one user types there for good. */
  typeIn: { input: WrittenRoom; answer: null }
  /** In which room each order moves the marker of the next of these members. */
  readIn: { input: WrittenRoom & { readonly readers: readonly string[] }; answer: null }
}

let server: RunningServer | undefined
let rooms: readonly WrittenRoom[] = []
let signaller: ThreadTypist | MarkingReaders | undefined

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
      actorOf(writer as UserId),
    )
}

answerCalls<OwnServerCalls>({
  async listen({ file, jwtSecret }) {
    const env = { PORT: '0', DATABASE_URL: `file:${file}`, AUTH_JWT_SECRET: jwtSecret, LOG_LEVEL: 'warn' }
    server = await startServer(readSettings({ env }))
    return {
      port: server.port,
      orders: await takeOrders(() => (signaller === undefined ? publish() : signaller.signal())),
    }
  },
  writeTo(written) {
    rooms = written
    return null
  },
  async typeIn({ conversationId, writer }) {
    if (server === undefined) throw new Error('the server does not run')
    signaller = await ThreadTypist.begin(server, conversationId as ConversationId, writer as UserId)
    return null
  },
  async readIn({ conversationId, writer, readers }) {
    if (server === undefined) throw new Error('the server does not run')
    signaller = await MarkingReaders.begin(
      server,
      conversationId as ConversationId,
      writer as UserId,
      readers as readonly UserId[],
    )
    return null
  },
})
