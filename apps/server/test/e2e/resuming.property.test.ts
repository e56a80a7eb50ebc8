import { setTimeout as after } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { seeded } from '../seeded.ts'
import type { Address } from '../support/address.ts'
import { Deployment } from '../support/deployment.ts'
import { ask } from './graphql-request.ts'
import { RandomCommands } from './random-commands.ts'
import {
  overGraphQLWebSocket,
  overPlainWebSocket,
  overServerSentEvents,
  type Received,
  ResumingSubscriber,
} from './resuming-subscriber.ts'
import { tokenFor } from './running-server.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const commandCount = Number(process.env.COMMANDS ?? 1000)

const createRoom = `mutation { createConversation(input: { kind: GROUP, name: "room", memberIds: ["bob", "carol"] }) { conversation { id } } }`
const logPage = `query ($conversationId: ID!, $after: Int!) {
  events(conversationId: $conversationId, after: $after, first: 1000) { hasMore events { __typename sequence } } }`

interface LogPage {
  readonly events: { readonly hasMore: boolean; readonly events: readonly { __typename: string; sequence: number }[] }
}

const readLog = async (server: Address, token: string, conversationId: string): Promise<readonly Received[]> => {
  const log: Received[] = []
  for (;;) {
    const position = log.at(-1)?.sequence ?? 0
    const { events } = await ask<LogPage>(server.url, token, logPage, { conversationId, after: position })
    log.push(...events.events.map(({ __typename, sequence }) => ({ type: __typename, sequence })))
    if (!events.hasMore) return log
  }
}

describe('subscribers that are cut at random while the server is restarted', () => {
  it(`get every event once and in order, and agree with the log (SEED=${seed})`, async () => {
    console.log(`SEED=${seed}`)
    const random = seeded(seed)
    await using server = await Deployment.start()
    const tokens = await Promise.all(['alice', 'bob', 'carol'].map(name => tokenFor(name)))
    const [token = ''] = tokens
    const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
      server.url,
      token,
      createRoom,
    )
    const conversationId = createConversation.conversation.id
    const where = { token, conversationId }
    const subscribers = [
      new ResumingSubscriber('graphql-transport-ws', server, overGraphQLWebSocket, where),
      new ResumingSubscriber('server-sent events', server, overServerSentEvents('after'), where),
      new ResumingSubscriber('server-sent events by id', server, overServerSentEvents('Last-Event-ID'), where),
      new ResumingSubscriber('messenger.v1', server, overPlainWebSocket, where),
    ]
    const commands = new RandomCommands(server, conversationId, tokens, random)
    let next = 0
    const work = async (): Promise<void> => {
      while (next < commandCount) {
        const number = next++
        await commands.run(number)
        if (random() < 0.05) subscribers[Math.floor(random() * subscribers.length)]?.cut()
      }
    }
    const restarts = async (): Promise<void> => {
      for (const [share, how] of [
        [1 / 3, 'stop'],
        [2 / 3, 'kill'],
      ] as const) {
        while (next < commandCount * share) await after(5)
        await server.restart(how)
      }
    }
    await Promise.all([restarts(), ...Array.from({ length: 6 }, work)])
    expect(commands.answered).toBe(commandCount)

    const log = await readLog(server, token, conversationId)
    expect(log.map(event => event.sequence)).toEqual(log.map((_, index) => index + 1))
    const deadline = Date.now() + 15_000
    while (subscribers.some(({ last }) => last < log.length) && Date.now() < deadline) await after(20)
    for (const subscriber of subscribers) await subscriber.stop()
    for (const { name, received, cuts } of subscribers) {
      expect(cuts, `${name} was cut`).toBeGreaterThan(0)
      expect(received, name).toEqual(log)
    }
    for (const { id, key } of commands.sent) {
      const { message } = await ask<{ message: { id: string; clientMessageId: string } | null }>(
        server.url,
        token,
        'query ($id: ID!) { message(id: $id) { id clientMessageId } }',
        { id },
      )
      expect(message).toEqual({ id, clientMessageId: key })
    }
    await server.stop()
    await server.database.check()
  }, 120_000)
})
