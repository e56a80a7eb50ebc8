import { presencePerSubscription } from '@cpc-messenger/messenger'
import { type Client, createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { until } from '../../support/until.ts'
import { Collected } from '../collected.ts'
import { dig, GraphQLServer, userId } from '../graphql-server.ts'

let server: GraphQLServer
const clients: Client[] = []
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(async () => {
  for (const client of clients) await client.dispose()
  await server[Symbol.asyncDispose]()
})

interface Seen {
  readonly status: string
  readonly statusText: string | null
  readonly statusExpiresAt: string | null
  readonly lastSeenAt: string | null
}

const nothing: Seen = { status: 'OFFLINE', statusText: null, statusExpiresAt: null, lastSeenAt: null }
const all = 'presence { status statusText statusExpiresAt lastSeenAt }'

/** What one user sees of another. */
const seen = (viewer: string, of: string) =>
  server.read<Seen>(viewer, `query($id: ID!) { user(id: $id) { ${all} } }`, { id: of }, 'user', 'presence')

const setPresence = (name: string, input: object) =>
  server.ask(name, `mutation($input: SetPresenceInput!) { setPresence(input: $input) { user { id ${all} } } }`, {
    input,
  })

const connect = async (name: string): Promise<Client> => {
  const client = createClient({
    url: server.socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: false,
    connectionParams: () => server.headers(name),
  })
  clients.push(client)
  await new Promise<void>(resolve => void client.on('connected', () => resolve()))
  return client
}

const untilSeen = (viewer: string, of: string, status: string) =>
  until(async () => (await seen(viewer, of)).status === status, `${of} is ${status}`)

const report = async (client: Client, active: boolean) => {
  const query = `mutation { reportActivity(input: { active: ${active} }) { user { id } } }`
  return (await new Collected(client.iterate({ query })).until(({ ended }) => ended)).errors
}

describe('The presence of a user', () => {
  it('is that of their connections, for those who share a conversation with them now', async () => {
    const room = await server.create('alice', ['bob'])
    await server.create('alice', ['dan'])
    await server.read('carol', '{ viewer { user { id } } }', {}, 'viewer')
    const bob = await connect('bob')
    await untilSeen('alice', 'bob', 'ONLINE')
    for (const other of ['carol', 'dan']) expect(await seen(other, 'bob')).toEqual(nothing)
    expect(await report(bob, false)).toEqual([])
    await untilSeen('alice', 'bob', 'AWAY')
    expect(await report(bob, true)).toEqual([])
    await untilSeen('alice', 'bob', 'ONLINE')
    const remove = `mutation { removeMember(input: { conversationId: "${room}", userId: "bob" }) { membershipId } }`
    expect((await server.ask('alice', remove)).errors).toBeUndefined()
    expect(await seen('alice', 'bob')).toEqual(nothing)
    expect((await seen('bob', 'bob')).status).toBe('ONLINE')
  })

  it('counts a stream of server-sent events as a connection', async () => {
    await server.create('dora', ['ellen'])
    const abort = new AbortController()
    const response = await fetch(server.url, {
      method: 'POST',
      signal: abort.signal,
      headers: {
        ...(await server.headers('ellen')),
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ query: 'subscription { inboxEvents { __typename } }' }),
    })
    expect(response.status).toBe(200)
    await untilSeen('dora', 'ellen', 'ONLINE')
    abort.abort()
    await untilSeen('dora', 'ellen', 'OFFLINE')
    expect((await seen('dora', 'ellen')).lastSeenAt).not.toBeNull()
  })

  it('is as the user has chosen, which the user sees also while others see nothing', async () => {
    await server.create('frank', ['grace'])
    await connect('grace')
    await untilSeen('frank', 'grace', 'ONLINE')
    const statusExpiresAt = new Date(Date.now() + 60_000).toISOString()
    const { data, errors } = await setPresence('grace', {
      status: 'DO_NOT_DISTURB',
      statusText: 'In a call 👍',
      statusExpiresAt,
    })
    expect(errors).toBeUndefined()
    const busy = { status: 'DO_NOT_DISTURB', statusText: 'In a call 👍', statusExpiresAt, lastSeenAt: null }
    expect(dig(data, ['setPresence', 'user'])).toEqual({ id: 'grace', presence: busy })
    await untilSeen('frank', 'grace', 'DO_NOT_DISTURB')
    expect(await seen('frank', 'grace')).toEqual(busy)
    const choice = () => server.read<string>('grace', '{ viewer { presenceChoice } }', {}, 'viewer', 'presenceChoice')
    expect(await choice()).toBe('DO_NOT_DISTURB')
    await setPresence('grace', { status: 'INVISIBLE' })
    expect(await choice()).toBe('INVISIBLE')
    await untilSeen('frank', 'grace', 'OFFLINE')
    expect(await seen('frank', 'grace')).toEqual({ ...nothing, lastSeenAt: expect.any(String) })
    expect(await seen('grace', 'grace')).toMatchObject({ status: 'OFFLINE', statusText: 'In a call 👍' })
  })

  it('is refused where it cannot be set, and nothing changes', async () => {
    await setPresence('heidi', { status: 'AWAY', statusText: 'Here' })
    const before = await seen('heidi', 'heidi')
    const bad = [
      [{ status: 'AWAY', statusText: 'x'.repeat(101) }, 'statusText'],
      [{ status: 'AWAY', statusText: '' }, 'statusText'],
      [{ status: 'AWAY', statusText: 'x', statusExpiresAt: '2020-01-01T00:00:00Z' }, 'statusExpiresAt'],
    ] as const
    for (const [input, field] of bad)
      expect((await setPresence('heidi', input)).errors?.[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        field,
      })
    expect((await setPresence('heidi', { status: 'OFFLINE' })).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
    expect(await seen('heidi', 'heidi')).toEqual(before)
    const active = await server.ask('heidi', 'mutation { reportActivity(input: { active: true }) { user { id } } }')
    expect(active.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  })

  it('in an event is that which each viewer may see', async () => {
    const id = await server.create('ivan', ['judy', 'mallory'])
    await connect('judy')
    await untilSeen('ivan', 'judy', 'ONLINE')
    const query = `subscription($id: ID!) { conversationEvents(conversationId: $id) { __typename
      ... on StreamPosition { live } ... on MessageCreated { message { content { text } author { id ${all} } } } } }`
    const follow = async (name: string) =>
      new Collected((await connect(name)).iterate({ query, variables: { id } })).until(({ items }) => items.length > 0)
    const streams = await Promise.all(['ivan', 'mallory'].map(follow))
    await server.send('judy', id, 'Hello')
    for (const stream of streams) {
      await stream.until(({ events }) => events.length === 1)
      expect(dig<Seen>(stream.events[0], ['message', 'author', 'presence'])).toEqual({ ...nothing, status: 'ONLINE' })
    }
  })

  it('of a list of users is read for all of them together', async () => {
    const members = Array.from({ length: 80 }, (_, index) => `member-${index}`)
    const id = await server.create('olivia', members)
    const query = `query($id: ID!, $first: Int!) { conversation(id: $id) { members(first: $first) { nodes: edges { node { user { ${all} } } } } } }`
    const statements = async (first: number): Promise<number> => {
      const before = server.reads.count
      expect((await server.ask('olivia', query, { id, first })).errors).toBeUndefined()
      return server.reads.count - before
    }
    await statements(2)
    const forTwo = await statements(2)
    expect(await statements(80)).toBeLessThanOrEqual(forTwo + 2)
  })

  it('of an unknown id, and of a user who was never seen, is that of a user who shares nothing', async () => {
    await server.create('peggy', ['never-seen'])
    expect(await seen('peggy', 'never-seen')).toEqual(nothing)
    expect(await server.dependencies.presences.of([userId('unknown')])).toEqual([
      { userId: 'unknown', status: 'OFFLINE', statusText: null, statusExpiresAt: null, lastSeenAt: null },
    ])
  })
})

it('The limits say how many users a subscription to presence may have', async () => {
  expect(await server.read('ann', '{ server { limits { presenceSubscription } } }', {}, 'server', 'limits')).toEqual({
    presenceSubscription: presencePerSubscription,
  })
})
