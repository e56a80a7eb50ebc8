import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RateLimitName, rateLimitNames, rateLimits } from '../../../src/services/limits/limit-table.ts'
import { tokenFor } from '../../e2e/server/running-server.ts'
import { GraphQLRoad, HttpRoad, type Outcome, PlainRoad, type Road, roads, tokenOf } from '../clients/transports.ts'
import { WholeServer } from '../clients/whole-server.ts'

/** Takes one token of the limit's bucket on one road, over and over. */
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
  (open: (url: string, token: string) => Promise<{ readonly road: { cut(): void }; readonly outcome: Outcome }>) =>
  async (url: string, token: string): Promise<Use> => {
    return async () => {
      const { road, outcome } = await open(url, token)
      road.cut()
      return outcome
    }
  }

const byHttp =
  (query: string, variables: object | undefined, accept?: string) =>
  async (url: string, token: string): Promise<Use> =>
  () =>
    new HttpRoad(url, token).ask(query, variables, accept)

const overSocket =
  (query: string, variables?: object) =>
  async (url: string, token: string): Promise<Use> => {
    const { road } = await GraphQLRoad.open(url, token)
    return () => road.ask(query, variables)
  }

const plain =
  (frame: 'UnsubscribeInbox' | 'SubscribeInbox') =>
  async (url: string, token: string): Promise<Use> => {
    const { road } = await PlainRoad.open(url, token)
    return () => road.ask({ type: frame })
  }

/** How a limit is run into on a road; undefined where nothing on that road takes its tokens. */
const useOf = (limit: RateLimitName, road: Road): ((url: string, token: string) => Promise<Use>) | undefined => {
  const operation = operations[limit]
  if (road === 'messenger.v1') {
    if (limit === 'requests') return plain('UnsubscribeInbox')
    if (limit === 'subscriptions') return plain('SubscribeInbox')
    return limit === 'connections' ? opening(PlainRoad.open) : undefined
  }
  if (limit === 'connections') {
    if (road === 'graphql-transport-ws') return opening(GraphQLRoad.open)
    return road === 'sse' ? byHttp(inbox, undefined, eventStream) : undefined
  }
  if (limit === 'largeFrames') return road === 'http' ? byHttp(viewer, large) : undefined
  if (operation === undefined) return undefined
  if (road === 'graphql-transport-ws') return overSocket(...operation)
  if (road === 'sse') return byHttp(operation[0], operation[1], eventStream)
  return limit === 'subscriptions' ? undefined : byHttp(operation[0], operation[1])
}

const refused = ({ code, status }: Outcome): boolean => code === 'RATE_LIMITED' || status === 1013 || status === 4429

describe.each(rateLimitNames.filter(name => name !== 'signIns'))('the rate of %s', limit => {
  /** A token comes back each quarter of a second. */
  const burst = limit === 'additions' ? 100 : 2
  const perSecond = limit === 'additions' ? 200 : 4
  let server: WholeServer
  beforeAll(async () => {
    const off = Object.fromEntries(rateLimitNames.map(name => [rateLimits[name].variable, '0']))
    server = await WholeServer.start({ ...off, [rateLimits[limit].variable]: `${perSecond}/${burst}` })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const table = roads.flatMap(road => {
    const open = useOf(limit, road)
    return open === undefined ? [] : [{ road, open }]
  })

  it.each(table)(
    'is held to on $road, says truly when to come back, and is of one user alone',
    async ({ road, open }) => {
      const metric = `messenger_limit_refusals_total{limit="${limit}"}`
      const before = await server.metric(metric)
      const use = await open(server.url, await tokenOf(`mallory on ${road}`.replaceAll(' ', '-')))
      // While the test is slow tokens come back.
      let outcome = await use()
      expect(refused(outcome)).toBe(false)
      for (let uses = 1; uses < 50 && !refused(outcome); uses += 1) outcome = await use()
      expect(refused(outcome)).toBe(true)
      const retryAfterMs = outcome.retryAfterMs ?? 0
      expect(retryAfterMs).toBeGreaterThan(0)
      expect(retryAfterMs).toBeLessThanOrEqual(250)
      if (outcome.status === 429) expect(outcome.retryAfter).toBe('1')
      expect(await server.metric(metric)).toBeGreaterThan(before)
      const other = await open(server.url, await tokenOf(`bob-on-${road}`))
      expect(refused(await other())).toBe(false)
      await delay(retryAfterMs)
      expect(refused(await use())).toBe(false)
    },
  )
})

describe('many fields of one mutation', () => {
  it('count each: the rest is refused', async () => {
    await using server = await WholeServer.start({ RATE_LIMIT_SENDS: '0.1/5', RATE_LIMIT_COMMANDS: '0' })
    const http = new HttpRoad(server.url, await tokenOf('mallory'))
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
    const actingFor = (name: string) => new HttpRoad(server.url, service, { 'messenger-on-behalf-of': name })
    expect((await actingFor('alice').ask(leave)).code).toBe('NOT_FOUND')
    expect((await actingFor('alice').ask(leave)).code).toBe('RATE_LIMITED')
    expect((await actingFor('bob').ask(leave)).code).toBe('NOT_FOUND')
    expect((await new HttpRoad(server.url, await tokenOf('alice')).ask(leave)).code).toBe('RATE_LIMITED')
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
