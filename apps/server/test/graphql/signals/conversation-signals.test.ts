import { createClient as createSseClient, type Client as SseClient } from 'graphql-sse'
import { type Client, createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { guardRootFields } from '../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'
import { Collected } from '../collected.ts'
import { GraphQLServer, userId } from '../graphql-server.ts'
import { Taken } from '../taken.ts'

let server: GraphQLServer
const clients: (Client | SseClient)[] = []
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(async () => {
  for (const client of clients) await client.dispose()
  await server[Symbol.asyncDispose]()
})

const query = `subscription($id: ID!, $kinds: [SignalKind!]) { conversationSignals(conversationId: $id, kinds: $kinds) { __typename
  ... on TypingStarted { conversationId threadRootId user { id displayName } }
  ... on TypingStopped { conversationId threadRootId user { id } } } }`
const setTyping = `mutation($input: SetTypingInput!) { setTyping(input: $input) { typing } }`

const overWebSocket = async (name: string): Promise<Client> => {
  const client = createClient({
    url: server.socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${await server.token(name)}` },
    retryAttempts: 0,
    lazy: false,
  })
  clients.push(client)
  return client
}

const overSse = (name: string): SseClient => {
  const client = createSseClient({ url: server.url, headers: () => server.headers(name), retryAttempts: 0 })
  clients.push(client)
  return client
}

const type = (name: string, conversationId: string, typing = true, threadRootId: string | null = null) =>
  server.ask(name, setTyping, { input: { conversationId, threadRootId, typing } })

const remove = `mutation($input: RemoveMemberInput!) { removeMember(input: $input) { conversationId: __typename } }`

describe('conversationSignals', () => {
  it.each(['WebSocket', 'server-sent events'])(
    'over %s sends who types, the present state first, and completes when the viewer is removed',
    async transport => {
      const id = await server.create('alice', ['bob', 'carol'])
      const rootId = await server.send('alice', id, 'a root')
      await type('carol', id)
      const client = transport === 'WebSocket' ? await overWebSocket('bob') : overSse('bob')
      const collected = new Collected(
        client.iterate({ query, variables: { id, kinds: ['TYPING'] } }) as ConstructorParameters<typeof Collected>[0],
      )
      await collected.until(({ items }) => items.length === 1, 'the present state')
      expect(collected.items).toEqual([
        {
          __typename: 'TypingStarted',
          conversationId: id,
          threadRootId: null,
          user: { id: 'carol', displayName: 'carol' },
        },
      ])
      expect((await type('alice', id, true, rootId)).data).toEqual({ setTyping: { typing: true } })
      await collected.until(({ items }) => items.length === 2, 'the thread')
      expect(collected.items[1]).toMatchObject({
        __typename: 'TypingStarted',
        threadRootId: rootId,
        user: { id: 'alice' },
      })
      await server.send('carol', id, 'sent')
      await collected.until(({ items }) => items.length === 3, 'the end of typing')
      expect(collected.items[2]).toEqual({
        __typename: 'TypingStopped',
        conversationId: id,
        threadRootId: null,
        user: { id: 'carol' },
      })
      await server.ask('alice', remove, { input: { conversationId: id, userId: 'bob' } })
      await collected.until(({ ended }) => ended, 'the end')
      expect(collected.errors).toEqual([])
      expect(collected.items).toHaveLength(3)
    },
  )

  it('is refused to who is not a member, as is typing', async () => {
    const id = await server.create('alice')
    const codeOf = ({ errors }: Awaited<ReturnType<typeof type>>) => errors?.[0]?.extensions.code
    expect(codeOf(await type('eve', id))).toBe('NOT_FOUND')
    expect(codeOf(await type('eve', 'conv_nonsense'))).toBe('NOT_FOUND')
    expect(codeOf(await type('alice', id, true, 'msg_nonsense'))).toBe('NOT_FOUND')
    const runner = new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)
    await expect(Taken.open(runner, server, 'eve', query, { id })).rejects.toThrow('NOT_FOUND')
    expect(server.dependencies.signalService.openChannels).toBe(0)
  })

  it('executes a signal once for all subscribers with the same selection', async () => {
    const runner = new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)
    const members = Array.from({ length: 50 }, (_, index) => `member-${index}`)
    const id = await server.create('alice', ['bob', ...members])
    const all = await Promise.all(
      members.map(name => Taken.open(runner, server, name, query, { id, kinds: ['TYPING'] })),
    )
    for (const taken of all) taken.start()
    const before = runner.executions
    await type('bob', id)
    for (const taken of all) await taken.untilEvents(1)
    expect(runner.executions - before).toBe(1)
    expect(new Set(all.flatMap(({ texts }) => texts)).size).toBe(1)
    for (const taken of all) taken.close()
    expect(server.dependencies.signalService.openChannels).toBe(0)
  })

  it('executes a change of presence once for all members, and shows it as it is', async () => {
    const runner = new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)
    const members = Array.from({ length: 20 }, (_, index) => `other-${index}`)
    const id = await server.create('alice', members)
    const ofPresence = `subscription($id: ID!) { conversationSignals(conversationId: $id, kinds: [PRESENCE]) {
      ... on PresenceChanged { user { id displayName presence { status statusText lastSeenAt } } } } }`
    const all = await Promise.all(members.map(name => Taken.open(runner, server, name, ofPresence, { id })))
    for (const taken of all) taken.start()
    const before = runner.executions
    server.dependencies.presences.connected(userId('alice'), 'a connection')
    for (const taken of all) await taken.untilEvents(1)
    expect(runner.executions - before).toBe(1)
    for (const { events } of all)
      expect(events).toEqual([
        {
          user: {
            id: 'alice',
            displayName: 'alice',
            presence: { status: 'ONLINE', statusText: null, lastSeenAt: null },
          },
        },
      ])
    for (const taken of all) taken.close()
  })
})
