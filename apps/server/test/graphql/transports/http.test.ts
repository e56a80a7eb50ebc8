import { type IncomingMessage, request } from 'node:http'
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphQLServer } from '../graphql-server.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(() => server[Symbol.asyncDispose]())

const bodies = {
  'a query': JSON.stringify({ query: '{ server { version } viewer { user { id } } }', extensions: {} }),
  'a field that fails': JSON.stringify({
    query: '{ events(conversationId: "x", first: 0) { hasMore } server { version } }',
  }),
  'an invalid document': JSON.stringify({ query: '{ nothing }' }),
  'no document': JSON.stringify({ query: '{ ' }),
  'too deep a document': JSON.stringify({ query: `{ ${'a { '.repeat(200)}` }),
  'variables that do not fit': JSON.stringify({ query: 'query($id: ID!) { user(id: $id) { id } }', variables: {} }),
  'variables that are not an object': JSON.stringify({ query: '{ server { version } }', variables: [1] }),
  'an operation that is not there': JSON.stringify({ query: 'query A { server { version } }', operationName: 'B' }),
  'an unknown parameter': JSON.stringify({ query: '{ server { version } }', other: 1 }),
  'a subscription': JSON.stringify({ query: 'subscription { inboxEvents { __typename } }' }),
  'a question about the schema': JSON.stringify({ query: '{ __type(name: "User") { name } __typename }' }),
  'no object': '[]',
  'no JSON': '{',
  nothing: '',
}

describe('GraphQL over HTTP', () => {
  for (const audit of serverAudits({ url: () => server.url }))
    it(`passes the audit ${audit.id}: ${audit.name}`, async () => {
      const result = await audit.fn()
      if (result.status !== 'ok') throw new Error(`${result.status}: ${result.reason}`)
    })

  it('serves its schema as text', async () => {
    const response = await fetch(server.url.replace('/graphql', '/schema.graphql'))
    expect(await response.text()).toContain('type Conversation implements Node')
  })

  for (const accept of [
    'application/json',
    'application/graphql-response+json',
    '*/*',
    'application/json;q=0.9, */*',
    'application/json;q=0, application/graphql-response+json',
  ])
    for (const [what, body] of Object.entries(bodies))
      it(`answers a plain POST of ${what} like any other POST, to clients that accept ${accept}`, async () => {
        const answers = ['application/json', 'application/json; charset=utf-8; boundary=none'].map(async type => {
          const headers = { ...(await server.headers('alice')), accept, 'content-type': type }
          const response = await fetch(server.url, { method: 'POST', headers, body })
          const { status } = response
          return { status, type: response.headers.get('content-type'), body: await response.text() }
        })
        const [plain, other] = await Promise.all(answers)
        expect(plain).toEqual(other)
      })

  for (const declared of [true, false])
    it(`refuses a body of more than 1 MiB ${declared ? 'with' : 'without'} a content-length`, async () => {
      const headers = { 'content-type': 'application/json', ...(declared ? { 'content-length': 2_000_000 } : {}) }
      const sent = request(server.url, { method: 'POST', headers })
      // The server hangs up on what it does not read.
      sent.on('error', () => undefined)
      const answer = new Promise<IncomingMessage>(resolve => sent.once('response', resolve))
      sent.write('x'.repeat(1_500_000))
      const { statusCode, headers: answered } = await answer
      expect([statusCode, answered.connection]).toEqual([413, 'close'])
      sent.destroy()
    })

  it('answers what a mutation made', async () => {
    const conversationId = await server.create('alice', ['bob'])
    const messageId = await server.send('alice', conversationId, 'Hello')
    const query = `query($id: ID!) { message(id: $id) { author { id displayName } content { __typename text } conversation { id heroes { id } } } }`
    const { data, errors } = await server.ask('bob', query, { id: messageId })
    expect(errors).toBeUndefined()
    expect(data).toEqual({
      message: {
        author: { id: 'alice', displayName: 'alice' },
        content: { __typename: 'TextContent', text: 'Hello' },
        conversation: { id: conversationId, heroes: [{ id: 'alice' }] },
      },
    })
  })
})

describe('A browser', () => {
  it('gets GraphiQL with everything in it: nothing is loaded from elsewhere', async () => {
    const response = await fetch(server.url, { headers: { accept: 'text/html' } })
    const page = await response.text()
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(page).toContain('YogaGraphiQL.renderYogaGraphiQL')
    expect(page).not.toMatch(/<(?:script|link)[^>]+(?:src|href)="https?:/)
    expect(page).toContain('inboxEvents')
  })
})
