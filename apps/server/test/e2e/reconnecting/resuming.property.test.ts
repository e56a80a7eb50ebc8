import { setTimeout as after } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../seeded.ts'
import type { Address } from '../../support/address.ts'
import { Deployment } from '../../support/deployment.ts'
import { ask, type Variables } from '../server/graphql-request.ts'
import { tokenFor } from '../server/running-server.ts'
import { RandomCommands } from './random-commands.ts'
import {
  type InboxEvent,
  inboxOverGraphQLWebSocket,
  inboxOverPlainWebSocket,
  inboxOverServerSentEvents,
} from './resuming-inbox.ts'
import {
  type OpenStream,
  ofConversation,
  overGraphQLWebSocket,
  overPlainWebSocket,
  overServerSentEvents,
  type Received,
  ResumingSubscriber,
} from './resuming-subscriber.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const commandCount = Number(process.env.COMMANDS ?? 1000)

const inboxCommandCount = Math.ceil(commandCount * 0.3)

const createRoom = `mutation { createConversation(input: { kind: GROUP, name: "room", memberIds: ["bob", "carol"] }) { conversation { id } } }`
const logPage = `query ($conversationId: ID!, $after: Int!) {
  events(conversationId: $conversationId, after: $after, first: 1000) { hasMore events { __typename sequence } } }`

interface LogPage {
  readonly events: { readonly hasMore: boolean; readonly events: readonly { __typename: string; sequence: number }[] }
}

const createKeyed = `mutation ($key: String!) {
  createConversation(input: { kind: GROUP, name: "room", memberIds: ["bob", "carol"], idempotencyKey: $key }) { conversation { id } } }`

/** Creates a conversation, however often that has to be tried. */
const untilAnswered = async (server: Address, token: string, variables: Variables): Promise<string> => {
  const deadline = Date.now() + 20_000
  for (;;) {
    try {
      const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
        server.url,
        token,
        createKeyed,
        variables,
      )
      return createConversation.conversation.id
    } catch (error) {
      if (Date.now() > deadline) throw error
      await after(50)
    }
  }
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
    const follow = (name: string, open: OpenStream) =>
      new ResumingSubscriber(name, ofConversation(server, open, { token, conversationId }))
    const subscribers = [
      follow('graphql-transport-ws', overGraphQLWebSocket),
      follow('server-sent events', overServerSentEvents('after')),
      follow('server-sent events by id', overServerSentEvents('Last-Event-ID')),
      follow('messenger.v1', overPlainWebSocket),
    ]
    const commands = new RandomCommands(server, conversationId, tokens, random)
    // In turns: by chance, one of them might never be cut.
    let cuts = 0
    const cutNext = (): void => subscribers[cuts++ % subscribers.length]?.cut()
    let next = 0
    const work = async (): Promise<void> => {
      while (next < commandCount) {
        const number = next++
        await commands.run(number)
        if (random() < 0.05) cutNext()
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
    const deadline = Date.now() + 40_000
    const isBehind = ({ received }: ResumingSubscriber<Received>) => (received.at(-1)?.sequence ?? 0) < log.length
    while (subscribers.some(isBehind) && Date.now() < deadline) await after(20)
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

  it(`get from an inbox every event of every conversation once: 0 twice, 0 missing (SEED=${seed})`, async () => {
    console.log(`SEED=${seed}`)
    const random = seeded(seed)
    await using server = await Deployment.start()
    const tokens = await Promise.all(['alice', 'bob', 'carol'].map(name => tokenFor(name)))
    const [alice = '', token = ''] = tokens
    const { viewer, server: info } = await ask<{ viewer: { inboxPosition: string }; server: { logEpoch: string } }>(
      server.url,
      token,
      '{ viewer { inboxPosition } server { logEpoch } }',
    )
    const owner = { token, epoch: info.logEpoch, from: viewer.inboxPosition }
    const subscribers = [
      new ResumingSubscriber<InboxEvent>('graphql-transport-ws', inboxOverGraphQLWebSocket(server, owner)),
      new ResumingSubscriber<InboxEvent>('server-sent events', inboxOverServerSentEvents(server, owner)),
      new ResumingSubscriber<InboxEvent>('messenger.v1', inboxOverPlainWebSocket(server, owner)),
    ]
    const rooms: RandomCommands[] = []
    const create = async (): Promise<void> => {
      const variables = { key: `room ${rooms.length} ${random()}` }
      rooms.push(new RandomCommands(server, await untilAnswered(server, alice, variables), tokens, random))
    }
    await create()
    // In turns: by chance, one of them might never be cut.
    let cuts = 0
    const cutNext = (): void => subscribers[cuts++ % subscribers.length]?.cut()
    let next = 0
    const work = async (): Promise<void> => {
      while (next < inboxCommandCount) {
        const number = next++
        if (number % Math.ceil(inboxCommandCount / 8) === 0) await create()
        await rooms[Math.floor(random() * rooms.length)]?.run(number)
        if (random() < 0.05) cutNext()
      }
    }
    const restarts = async (): Promise<void> => {
      while (next < inboxCommandCount / 2) await after(5)
      await server.restart('kill')
    }
    await Promise.all([restarts(), ...Array.from({ length: 6 }, work)])

    const logs = new Map<string, readonly InboxEvent[]>()
    for (const { conversationId } of rooms) {
      const log = await readLog(server, token, conversationId)
      const joined = log.findIndex(({ type }) => type === 'MemberJoined') + 1
      // Alice joined first, then bob, whose inbox it is.
      logs.set(
        conversationId,
        log.slice(joined).map(event => ({ ...event, conversationId })),
      )
    }
    const whole = [...logs.values()].reduce((sum, log) => sum + log.length, 0)
    const deadline = Date.now() + 40_000
    while (subscribers.some(({ received }) => received.length < whole) && Date.now() < deadline) await after(20)
    // What would come a second time may come yet.
    for (const subscriber of subscribers) subscriber.cut()
    await after(500)
    for (const subscriber of subscribers) await subscriber.stop()
    for (const { name, received, cuts } of subscribers) {
      expect(cuts, `${name} was cut`).toBeGreaterThan(1)
      expect(
        Map.groupBy(received, event => event.conversationId),
        name,
      ).toEqual(logs)
    }
    await server.stop()
    await server.database.check()
  }, 120_000)
})
