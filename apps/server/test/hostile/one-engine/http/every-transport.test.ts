import { createClient as createSseClient } from 'graphql-sse'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { GraphQLServer } from '../../../graphql/graphql-server.ts'
import { RawClient } from './raw-request.ts'

let server: GraphQLServer
const client = new RawClient()
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(async () => {
  client[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
})

interface Result {
  readonly data?: unknown
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
}
type Params = Readonly<Record<string, unknown>>
type Transport = (params: Params) => Promise<Result>

const post =
  (accept: string): Transport =>
  async params => {
    const headers = { ...(await server.headers('alice')), 'content-type': 'application/json', accept }
    return JSON.parse((await client.send(server.url, { method: 'POST', headers, body: JSON.stringify(params) })).text)
  }

const get: Transport = async params => {
  const url = new URL(server.url)
  for (const [name, value] of Object.entries(params))
    url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  return JSON.parse((await client.send(url, { headers: await server.headers('alice') })).text)
}

const resultOf = (events: string): Result => JSON.parse(/event: next\ndata: (.*)\n/.exec(events)?.[1] ?? '{}')

const events =
  (method: 'GET' | 'POST'): Transport =>
  async params => {
    const url = new URL(server.url)
    const headers = { ...(await server.headers('alice')), accept: 'text/event-stream' }
    if (method === 'POST') {
      const body = JSON.stringify(params)
      const answer = await fetch(url, { method, headers: { ...headers, 'content-type': 'application/json' }, body })
      return resultOf(await answer.text())
    }
    for (const [name, value] of Object.entries(params))
      url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value))
    return resultOf(await (await fetch(url, { headers })).text())
  }

const webSocket: Transport = async params => {
  const ws = new WebSocket(server.socketUrl, 'graphql-transport-ws')
  const answer = Promise.withResolvers<Result>()
  ws.on('close', code => answer.reject(new Error(`closed with ${code}`)))
  ws.on('open', async () =>
    ws.send(JSON.stringify({ type: 'connection_init', payload: await server.headers('alice') })),
  )
  ws.on('message', data => {
    const { type, payload } = JSON.parse(String(data))
    if (type === 'connection_ack') ws.send(JSON.stringify({ type: 'subscribe', id: '1', payload: params }))
    if (type === 'next') answer.resolve(payload)
    if (type === 'error') answer.resolve({ errors: payload })
  })
  const result = await answer.promise
  ws.terminate()
  return result
}

const transports: readonly (readonly [string, Transport])[] = [
  ['POST as application/json', post('application/json')],
  ['POST as application/graphql-response+json', post('application/graphql-response+json')],
  ['GET', get],
  ['POST as text/event-stream', events('POST')],
  ['GET as text/event-stream', events('GET')],
  ['WebSocket', webSocket],
]

describe.each(transports)('by %s', (_name, ask) => {
  it('an empty operationName is not a name', async () => {
    expect(await ask({ query: '{ server { version } }', operationName: '' })).toEqual({
      data: { server: { version: '0.0.0-test' } },
    })
    const several = await ask({ query: 'query A { __typename } query B { __typename }', operationName: '' })
    expect(several.errors?.[0]?.message).toMatch(/operation/)
  })

  const extensions = { persistedQuery: { version: 1, sha256Hash: 'f'.repeat(64) } }

  it('a hash of a persisted query without its text is answered as Apollo Client understands it', async () => {
    const answer = {
      errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
    }
    expect(await ask({ extensions })).toEqual(answer)
    expect(await ask({ query: '', extensions })).toEqual(answer)
  })

  it('a hash beside its text changes nothing', async () => {
    const { data, errors } = await ask({ query: '{ server { version } }', extensions })
    expect([data, errors]).toEqual([{ server: { version: '0.0.0-test' } }, undefined])
  })
})

it('a client of server-sent events goes on to the text after the hash', async () => {
  const sse = createSseClient({ url: server.url, headers: () => server.headers('alice'), retryAttempts: 0 })
  const hashed = sse.iterate({ query: '', extensions: { persistedQuery: { version: 1, sha256Hash: 'f' } } })
  const { value } = await hashed.next()
  expect(value?.errors?.[0]?.message).toBe('PersistedQueryNotSupported')
  const { value: text } = await sse.iterate({ query: '{ server { version } }' }).next()
  expect(text?.data).toEqual({ server: { version: '0.0.0-test' } })
  sse.dispose()
})
