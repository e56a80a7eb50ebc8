import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RateLimitName, rateLimitNames, rateLimits } from '../../../src/services/limits/limit-table.ts'
import { tokenFor } from '../../e2e/server/running-server.ts'
import {
  GraphQLTransport,
  HttpTransport,
  type Outcome,
  PlainTransport,
  type Transport,
  tokenOf,
  transports,
} from '../clients/transports.ts'
import { WholeServer } from '../clients/whole-server.ts'

/** Takes one token of the limit's bucket on one transport, over and over. */
type Use = () => Promise<Outcome>

const viewer = '{ viewer { user { id } } }'
const inbox = 'subscription { inboxEvents { __typename } }'
const leave = `mutation { leaveConversation(input: { conversationId: "conv_00000000000000000000000000" }) { membershipId } }`
const send = `mutation { sendMessage(input: { conversationId: "conv_00000000000000000000000000", clientMessageId: "once", content: { text: { text: "hello" } } }) { message { id } } }`
const create = `mutation { createConversation(input: { kind: GROUP }) { conversation { id } } }`
/** So that a few take as many tokens as the largest command may. */
const add = `mutation($ids: [ID!]!) { createConversation(input: { kind: GROUP, memberIds: $ids }) { conversation { id } } }`
const named = { ids: Array.from({ length: 50 }, (_, index) => `user${index}`) }
const large = { note: 'x'.repeat(70_000) }

const operations: Partial<Record<RateLimitName, readonly [string, object?]>> = {
  requests: [viewer],
  sends: [send],
  commands: [leave],
  creations: [create],
  additions: [add, named],
  subscriptions: [inbox],
}

const eventStream = 'text/event-stream'

const opening =
  (open: (url: string, token: string) => Promise<{ readonly transport: { cut(): void }; readonly outcome: Outcome }>) =>
  async (url: string, token: string): Promise<Use> => {
    return async () => {
      const { transport, outcome } = await open(url, token)
      transport.cut()
      return outcome
    }
  }

const byHttp =
  (query: string, variables: object | undefined, accept?: string) =>
  async (url: string, token: string): Promise<Use> =>
  () =>
    new HttpTransport(url, token).ask(query, variables, accept)

const overSocket =
  (query: string, variables?: object) =>
  async (url: string, token: string): Promise<Use> => {
    const { transport } = await GraphQLTransport.open(url, token)
    return () => transport.ask(query, variables)
  }

const plain =
  (frame: 'UnsubscribeInbox' | 'SubscribeInbox') =>
  async (url: string, token: string): Promise<Use> => {
    const { transport } = await PlainTransport.open(url, token)
    return () => transport.ask({ type: frame })
  }

/** How a limit is run into on a transport; undefined where nothing on that transport takes its tokens. */
const useOf = (
  limit: RateLimitName,
  transport: Transport,
): ((url: string, token: string) => Promise<Use>) | undefined => {
  const operation = operations[limit]
  if (transport === 'messenger.v1') {
    if (limit === 'requests') return plain('UnsubscribeInbox')
    if (limit === 'subscriptions') return plain('SubscribeInbox')
    return limit === 'connections' ? opening(PlainTransport.open) : undefined
  }
  if (limit === 'connections') {
    if (transport === 'graphql-transport-ws') return opening(GraphQLTransport.open)
    return transport === 'sse' ? byHttp(inbox, undefined, eventStream) : undefined
  }
  if (limit === 'largeFrames') return transport === 'http' ? byHttp(viewer, large) : undefined
  if (operation === undefined) return undefined
  if (transport === 'graphql-transport-ws') return overSocket(...operation)
  if (transport === 'sse') return byHttp(operation[0], operation[1], eventStream)
  return limit === 'subscriptions' ? undefined : byHttp(operation[0], operation[1])
}

const refused = ({ code, status }: Outcome): boolean => code === 'RATE_LIMITED' || status === 1013 || status === 4429

describe.each(rateLimitNames.filter(name => name !== 'signIns'))('the rate of %s', limit => {
  /** A token is added each quarter of a second. */
  const burst = limit === 'additions' ? 100 : 2
  const perSecond = limit === 'additions' ? 200 : 4
  let server: WholeServer
  beforeAll(async () => {
    const off = Object.fromEntries(rateLimitNames.map(name => [rateLimits[name].variable, '0']))
    server = await WholeServer.start({ ...off, [rateLimits[limit].variable]: `${perSecond}/${burst}` })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const table = transports.flatMap(transport => {
    const open = useOf(limit, transport)
    return open === undefined ? [] : [{ transport, open }]
  })

  it.each(table)(
    'is held to on $transport, says truly when to reconnect, and is of one user alone',
    async ({ transport, open }) => {
      const metric = `messenger_limit_refusals_total{limit="${limit}"}`
      const before = await server.metric(metric)
      const use = await open(server.url, await tokenOf(`mallory on ${transport}`.replaceAll(' ', '-')))
      // While the test is slow tokens are added.
      let outcome = await use()
      expect(refused(outcome)).toBe(false)
      for (let uses = 1; uses < 50 && !refused(outcome); uses += 1) outcome = await use()
      expect(refused(outcome)).toBe(true)
      const retryAfterMs = outcome.retryAfterMs ?? 0
      expect(retryAfterMs).toBeGreaterThan(0)
      expect(retryAfterMs).toBeLessThanOrEqual(250)
      if (outcome.status === 429) expect(outcome.retryAfter).toBe('1')
      expect(await server.metric(metric)).toBeGreaterThan(before)
      const other = await open(server.url, await tokenOf(`bob-on-${transport}`))
      expect(refused(await other())).toBe(false)
      await delay(retryAfterMs)
      expect(refused(await use())).toBe(false)
    },
  )
})

describe('many fields of one mutation', () => {
  it('count each: the rest is refused', async () => {
    await using server = await WholeServer.start({ RATE_LIMIT_SENDS: '0.1/5', RATE_LIMIT_COMMANDS: '0' })
    const http = new HttpTransport(server.url, await tokenOf('mallory'))
    expect((await http.ask(create)).code).toBe('OK')
    const fields = Array.from(
      { length: 20 },
      (_, index) => `m${index}: ${send.slice('mutation { '.length, -' }'.length)}`,
    )
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf('mallory')}` },
      body: JSON.stringify({ query: `mutation { ${fields.join(' ')} }` }),
    })
    const { errors } = JSON.parse(await response.text())
    const codes = errors.map((error: { extensions: { code: string } }) => error.extensions.code)
    expect(codes.filter((code: string) => code === 'RATE_LIMITED')).toHaveLength(15)
  })
})

describe('a service token', () => {
  it('counts for the user whom it acts for', async () => {
    await using server = await WholeServer.start({ RATE_LIMIT_COMMANDS: '0.1/1' })
    const service = await tokenFor('app', { scope: 'messenger:service' })
    const actingFor = (name: string) => new HttpTransport(server.url, service, { 'messenger-on-behalf-of': name })
    expect((await actingFor('alice').ask(leave)).code).toBe('NOT_FOUND')
    expect((await actingFor('alice').ask(leave)).code).toBe('RATE_LIMITED')
    expect((await actingFor('bob').ask(leave)).code).toBe('NOT_FOUND')
    expect((await new HttpTransport(server.url, await tokenOf('alice')).ask(leave)).code).toBe('RATE_LIMITED')
  })
})

it('a request that is refused as a whole is counted by its code', async () => {
  await using server = await WholeServer.start({ RATE_LIMIT_REQUESTS: '0.001/1' })
  const ask = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ __typename }"}' })
    await answer.body?.cancel()
    return answer.status
  }
  const token = await tokenOf('alice')
  expect([await ask('x.y.z'), await ask(token), await ask(token)]).toEqual([401, 200, 429])
  for (const code of ['UNAUTHENTICATED', 'RATE_LIMITED'])
    expect(await server.metric(`messenger_requests_total{operation="request",code="${code}"}`)).toBe(1)
})
