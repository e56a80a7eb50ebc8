import { METHODS } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphQLServer } from '../../../graphql/graphql-server.ts'
import { type RawAnswer, RawClient } from './raw-request.ts'

let server: GraphQLServer
let token: Record<string, string>
let conversationId: string
const client = new RawClient()
beforeAll(async () => {
  server = await GraphQLServer.open()
  token = await server.headers('alice')
  conversationId = await server.create('alice')
})
afterAll(async () => {
  client[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
})

const kinds = ['query', 'mutation', 'subscription'] as const
type Kind = (typeof kinds)[number]

const documentOf: Readonly<Record<Kind, () => string>> = {
  query: () => '{ server { version } }',
  mutation: () =>
    `mutation { sendMessage(input: { conversationId: "${conversationId}", content: { text: { text: "x" } } }) { message { id } } }`,
  subscription: () => 'subscription { inboxEvents { __typename } }',
}

const json = (query: string): string => JSON.stringify({ query })
const boundary = 'b'
const multipart = (query: string): string =>
  [`--${boundary}`, 'Content-Disposition: form-data; name="operations"', '', json(query), `--${boundary}--`, ''].join(
    '\r\n',
  )

/** What a body may say it is, how it is then written, and whether POST takes it. */
const contentTypes: Readonly<Record<string, { readonly write: (query: string) => string; readonly taken: boolean }>> = {
  'application/json': { write: json, taken: true },
  'application/json; charset=utf-8': { write: json, taken: true },
  'application/json ; charset=utf-8': { write: json, taken: true },
  'APPLICATION/JSON;Charset="UTF-8"': { write: json, taken: true },
  'application/json; charset=utf-7': { write: json, taken: false },
  'application/json; charset=utf-16': { write: json, taken: false },
  'application/json, application/json': { write: json, taken: false },
  'application/graphql+json': { write: json, taken: false },
  'application/graphql-response+json': { write: json, taken: false },
  'application/graphql': { write: query => query, taken: false },
  'application/x-www-form-urlencoded': { write: query => `query=${encodeURIComponent(query)}`, taken: false },
  [`multipart/form-data; boundary=${boundary}`]: { write: multipart, taken: false },
  'text/plain': { write: json, taken: false },
  'text/plain; a=application/json': { write: json, taken: false },
  'text/xml': { write: json, taken: false },
  'application/xml': { write: json, taken: false },
  'text/event-stream': { write: json, taken: false },
  json: { write: json, taken: false },
  none: { write: json, taken: false },
}

type Outcome = 'json' | 'graphql' | 'events' | 'page' | 406
type Outcomes = Readonly<Record<Kind, Outcome>>

const always = (outcome: Outcome): Outcomes => ({ query: outcome, mutation: outcome, subscription: outcome })
const asJson: Outcomes = { query: 'json', mutation: 'json', subscription: 406 }
const asGraphql: Outcomes = { query: 'graphql', mutation: 'graphql', subscription: 406 }
const streamed: Outcomes = { query: 'json', mutation: 'json', subscription: 'events' }

/** In which form an operation is answered that comes by POST. */
const accepts: Readonly<Record<string, Outcomes>> = {
  none: asJson,
  '*/*': asJson,
  'application/*': asJson,
  'application/json': asJson,
  'Application/JSON; charset=UTF-8': asJson,
  'application/graphql-response+json, application/json;q=0.9': asGraphql,
  'application/json;q=0, */*': asGraphql,
  'text/event-stream': always('events'),
  'Text/Event-Stream': always('events'),
  'text/event-stream;q=0': always(406),
  'text/event-stream;q=0, */*': asJson,
  'application/json, text/event-stream': streamed,
  'text/event-stream, application/json;q=0.5': always('events'),
  'text/html': always(406),
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8': asJson,
  'image/png, application/*;q=0': always(406),
}

/** A browser that opens the address gets the page, with any query. */
const opensPage: ReadonlySet<string> = new Set([
  'text/html',
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
])

const statusOf = (outcome: Outcome): number => (typeof outcome === 'number' ? outcome : 200)
const typeOf: Readonly<Partial<Record<Outcome, string>>> = {
  json: 'application/json',
  graphql: 'application/graphql-response+json',
  events: 'text/event-stream',
  page: 'text/html',
}

interface Expected {
  readonly status: number
  readonly type?: string
  readonly executes?: boolean
}

const expectedOf = (method: string, contentType: string, accept: string, kind: Kind): Expected => {
  const outcome = accepts[accept]?.[kind] ?? 406
  const type = typeOf[outcome]
  const answered = { status: statusOf(outcome), executes: outcome !== 406, ...(type === undefined ? {} : { type }) }
  switch (method) {
    case 'POST':
      return contentTypes[contentType]?.taken === true ? answered : { status: 415 }
    case 'GET': {
      if (opensPage.has(accept)) return { status: 200, type: 'text/html' }
      if (kind !== 'mutation') return answered
      return { status: accepts[accept]?.mutation === 406 ? 406 : 405 }
    }
    case 'OPTIONS':
      return { status: 204 }
    default:
      return { status: 405 }
  }
}

const methods = ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']

const send = (method: string, contentType: string, accept: string, kind: Kind): Promise<RawAnswer> => {
  const query = documentOf[kind]()
  const url = new URL(server.url)
  if (method !== 'POST') url.searchParams.set('query', query)
  const written = contentTypes[contentType]?.write(query)
  return client.send(url, {
    method,
    headers: {
      ...token,
      ...(contentType === 'none' ? {} : { 'content-type': contentType }),
      ...(accept === 'none' ? {} : { accept }),
    },
    ...(written === undefined || method === 'GET' || method === 'HEAD' ? {} : { body: written }),
  })
}

const faults = (expected: Expected, answer: RawAnswer): readonly string[] => {
  const { status, type, headers } = answer
  return [
    ...(status === expected.status ? [] : [`${status}, not ${expected.status}: ${answer.text}`]),
    ...(expected.type === undefined || type === expected.type ? [] : [`${type}, not ${expected.type}`]),
    ...(status === 405 && headers.allow === undefined ? ['405 without Allow'] : []),
    ...(status === 415 && headers.accept !== 'application/json' ? ['415 without Accept'] : []),
  ]
}

describe('the gate before GraphQL over HTTP', () => {
  for (const method of methods)
    it.each(Object.keys(contentTypes))(
      `answers ${method} with the content type %s as the table says, for any accept header and request`,
      async contentType => {
        const before = await server.lastSequence('alice', conversationId)
        const combinations = Object.keys(accepts).flatMap(accept => kinds.map(kind => ({ accept, kind })))
        const checked = await Promise.all(
          combinations.map(async ({ accept, kind }) => {
            const expected = expectedOf(method, contentType, accept, kind)
            const answer = await send(method, contentType, accept, kind)
            return faults(expected, answer).map(fault => `${accept} × ${kind}: ${fault}`)
          }),
        )
        expect(checked.flat()).toEqual([])
        const executed = combinations.filter(
          ({ accept, kind }) => kind === 'mutation' && expectedOf(method, contentType, accept, kind).executes === true,
        )
        expect((await server.lastSequence('alice', conversationId)) - before).toBe(executed.length)
      },
    )

  const post = (body: string | Buffer, headers: object = {}): Promise<RawAnswer> =>
    client.send(server.url, {
      method: 'POST',
      headers: { ...token, 'content-type': 'application/json', ...headers },
      body,
    })

  it.each([
    '[]',
    JSON.stringify([{ query: '{ server { version } }' }]),
    JSON.stringify([{ query: '{ server { version } }' }, { query: '{ __typename }' }]),
  ])('refuses a batch: %s', async body => {
    const { status, text } = await post(body)
    expect(status).toBe(400)
    expect(JSON.parse(text).errors[0].extensions.code).toBe('QUERY_TOO_COMPLEX')
  })

  it.each(METHODS.filter(method => !['CONNECT', 'GET', 'OPTIONS', 'POST'].includes(method)))(
    'knows no %s',
    async method => {
      const { status, headers } = await client.send(server.url, {
        method,
        headers: { ...token, accept: 'text/event-stream' },
      })
      expect([status, headers.allow]).toEqual([405, 'GET, POST, OPTIONS'])
    },
  )

  it('takes no two content types', async () => {
    const both = { 'content-type': ['application/json', 'text/plain'] }
    expect((await post(json('{ server { version } }'), both)).status).toBe(415)
  })

  it('takes no compressed body', async () => {
    const { status, headers } = await post(gzipSync(json('{ server { version } }')), { 'content-encoding': 'gzip' })
    expect([status, headers['accept-encoding']]).toEqual([415, 'identity'])
  })

  it('takes no body with GET, and does not read it for the next request', async () => {
    const body = json('{ server { version } }')
    const answer = await client.send(`${server.url}?query={__typename}`, { headers: token, body })
    expect([answer.status, answer.headers.connection]).toEqual([400, 'close'])
  })

  it.each([
    ['a byte that no UTF-8 has', Buffer.from('{"query":"{ server { version } } #\xff"}', 'latin1')],
    ['half a character', Buffer.concat([Buffer.from('{"query":"'), Buffer.from([0xe2, 0x82]), Buffer.from('"}')])],
    ['UTF-16', Buffer.from(json('{ server { version } }'), 'utf16le')],
  ])('refuses %s', async (_what, body) => expect((await post(body)).status).toBe(400))

  it('skips a byte order mark', async () => {
    const { status, text } = await post(`\uFEFF${json('{ server { version } }')}`)
    expect([status, text]).toEqual([200, '{"data":{"server":{"version":"0.0.0-test"}}}'])
    expect((await post('\uFEFF')).status).toBe(400)
  })

  it.each([
    '{"query":"{ secret }"',
    '{"secret":"secret',
    'secret',
    '{"query":"{ __typename }","variables":"secret"}',
    '{"query":"{ __typename }","variables":{"secret":secret}}',
  ])('does not repeat what it cannot read: %s', async body => {
    const { status, text } = await post(body)
    expect(status).toBe(400)
    expect(text).not.toContain('secret')
    expect(text).not.toContain('originalError')
  })

  it.each(['variables', 'extensions'])('does not repeat what it cannot read of an address: %s', async name => {
    const url = new URL(server.url)
    url.searchParams.set('query', '{ __typename }')
    url.searchParams.set(name, '{secret')
    const { status, text } = await client.send(url, { headers: { ...token, accept: 'application/json' } })
    expect([status, JSON.parse(text).errors[0].message]).toEqual([400, `${name} is not JSON.`])
  })
})
