import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from 'graphql-ws'
import { vi } from 'vitest'
import WebSocket from 'ws'
import { ask } from '../server/graphql-request.ts'
import { PlainClient } from '../server/plain-client.ts'
import { RunningServer, tokenFor } from '../server/running-server.ts'
import { approachCheckpoint } from './approach-checkpoint.ts'
import { Strace } from './strace.ts'
import { parseTrace, type SystemCall } from './system-calls.ts'

export const markPattern = /mark-\d+-\d+;/g

const createRoom = `mutation ($members: [ID!]!) {
  createConversation(input: { kind: GROUP, name: "room", memberIds: $members }) { conversation { id } } }`
const sendDocument = `mutation ($conversationId: ID!, $text: String!) {
  sendMessage(input: { conversationId: $conversationId, content: { text: { text: $text } } }) { message { content { text } } } }`
const eventsDocument = `subscription ($conversationId: ID!) { conversationEvents(conversationId: $conversationId) {
  __typename ... on MessageCreated { message { content { text } } } } }`

const tracedCalls =
  'write,writev,sendto,sendmsg,sendmmsg,pwrite64,pwritev,pwritev2,fsync,fdatasync,ftruncate,sendfile,splice'

export interface TracedSends {
  readonly marks: readonly string[]
  readonly calls: readonly SystemCall[]
  /** Path and content of each file of the database. */
  readonly before: ReadonlyMap<string, Buffer>
  readonly after: ReadonlyMap<string, Buffer>
}

interface Room {
  readonly server: RunningServer
  readonly tokens: readonly string[]
  readonly conversationId: string
}

const openRoom = async (server: RunningServer, senders: number): Promise<Room> => {
  const names = Array.from({ length: senders }, (_, index) => `sender-${index}`)
  const tokens = await Promise.all(names.map(name => tokenFor(name)))
  const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
    server.url,
    tokens[0],
    createRoom,
    { members: names.slice(1) },
  )
  return { server, tokens, conversationId: createConversation.conversation.id }
}

/** Resolves when the subscription is active; what it answers tells the texts that have come. */
const subscribePlain = async ({ server, tokens, conversationId }: Room): Promise<() => string> => {
  const client = await PlainClient.connect(server, tokens[0])
  await client.frame('Connected')
  client.send({ type: 'Subscribe', conversationId })
  await client.frame('Subscribed')
  return () => JSON.stringify(client.frames)
}

const subscribeGraphQL = async ({ server, tokens, conversationId }: Room): Promise<() => string> => {
  const client = createClient({
    url: `${server.webSocketUrl}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${tokens[0]}` },
    retryAttempts: 0,
  })
  const items = client.iterate({ query: eventsDocument, variables: { conversationId } })
  const received = [JSON.stringify(await items.next())]
  const receive = async (): Promise<void> => {
    for await (const item of items) received.push(JSON.stringify(item))
  }
  // The server is lost at the end, and the connection with it.
  void receive().catch(error => received.push(String(error)))
  return () => received.join()
}

const filesOf = async ({ databaseFile }: RunningServer): Promise<ReadonlyMap<string, Buffer>> => {
  const paths = [databaseFile, `${databaseFile}-wal`]
  return new Map(await Promise.all(paths.map(async path => [path, await readFile(path)] as const)))
}

/** Sends marked texts from many at once, with a subscriber on each protocol, and tells every system call behind it. */
export const traceSends = async (senders: number, each: number, textLength: number): Promise<TracedSends> => {
  await using server = await RunningServer.start()
  const room = await openRoom(server, senders)
  const fill = { conversationId: room.conversationId, text: 'before' }
  await approachCheckpoint(server, () => ask(server.url, room.tokens[0], sendDocument, fill))
  const receivers = [await subscribePlain(room), await subscribeGraphQL(room)]
  const marks: string[] = []
  const send = async (token: string, sender: number): Promise<void> => {
    for (let number = 0; number < each; number++) {
      const mark = `mark-${sender}-${number};`
      marks.push(mark)
      const variables = { conversationId: room.conversationId, text: mark.padEnd(textLength, '.') }
      await ask(server.url, token, sendDocument, variables)
    }
  }
  const before = await filesOf(server)
  const trace = join(server.folder, 'trace')
  {
    const options = ['-y', '-s', '1048576', '-e', `trace=${tracedCalls}`]
    await using _strace = await Strace.attach(server.pid, options, trace)
    await Promise.all(room.tokens.map(send))
    await vi.waitFor(
      () => {
        for (const received of receivers)
          if (new Set(received().match(markPattern)).size < marks.length) throw new Error('events are missing')
      },
      { timeout: 10_000, interval: 50 },
    )
  }
  return { marks, calls: parseTrace(await readFile(trace, 'latin1')), before, after: await filesOf(server) }
}
