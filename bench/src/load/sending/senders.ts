import { randomUUID } from 'node:crypto'
import { messageText } from '../../rooms/message-text.ts'
import { runSenders } from '../../sends/run-senders.ts'
import type { Sent } from '../../sends/send-load.ts'
import { HttpConnection } from '../http/http-connection.ts'
import { GraphQLSocket } from '../sockets/graphql-socket.ts'

export type SendTransport = 'graphql-transport-ws' | 'http'

interface SenderAccount {
  readonly token: string
  readonly conversationId: string
}

export interface SendersRun {
  readonly transport: SendTransport
  readonly port: number
  readonly accounts: readonly SenderAccount[]
  readonly seconds: number
  /** Of each message, where it is not the usual one. */
  readonly text?: string
}

interface Asking {
  ask(query: string, variables: Readonly<Record<string, unknown>>): Promise<void>
  close(): void
}

const document =
  'mutation Send($input: SendMessageInput!) { sendMessage(input: $input) { message { id sequence createdAt } } }'

/** Sends one message; resolves once that is answered. */
export const sendBy = (connection: Asking, conversationId: string, text = messageText): (() => Promise<void>) => {
  const mark = randomUUID().slice(0, 8)
  let sent = 0
  return () => {
    sent += 1
    const content = { text: { text } }
    return connection.ask(document, { input: { conversationId, content, clientMessageId: `${mark}-${sent}` } })
  }
}

const editDocument =
  'mutation Edit($input: UpdateMessageInput!) { updateMessage(input: $input) { message { id version } } }'

/** Edits one message once more each time. */
export const editBy = (connection: Asking, messageId: string): (() => Promise<void>) => {
  const mark = randomUUID().slice(0, 8)
  let edits = 0
  return () => {
    edits += 1
    return connection.ask(editDocument, {
      input: { messageId, content: { text: { text: `${messageText} ${mark}-${edits}` } } },
    })
  }
}

const openConnection = async ({ transport, port }: SendersRun, { token }: SenderAccount): Promise<Asking> =>
  transport === 'http' ? new HttpConnection({ port, token }) : await GraphQLSocket.open({ port, token })

/** One connection for each account, opened before the time runs. */
export const sendFromAll = async (run: SendersRun): Promise<Sent> => {
  const connections: Asking[] = []
  try {
    const senders: (() => Promise<void>)[] = []
    for (const account of run.accounts) {
      const connection = await openConnection(run, account)
      connections.push(connection)
      senders.push(sendBy(connection, account.conversationId, run.text))
    }
    return await runSenders(senders, run.seconds)
  } finally {
    for (const connection of connections) connection.close()
  }
}
