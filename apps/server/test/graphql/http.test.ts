import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphQLServer } from './graphql-server.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(() => server[Symbol.asyncDispose]())

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
