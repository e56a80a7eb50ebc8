import { getIntrospectionQuery } from 'graphql'
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Collected } from './collected.ts'
import { dig, GraphQLServer } from './graphql-server.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open({ limits: { maxSubscriptionsPerConnection: 2000 } })
})
afterAll(() => server[Symbol.asyncDispose]())

const page = `query($id: ID!, $last: Int!) {
  viewer { user { id } inboxPosition }
  conversation(id: $id) {
    lastSequence
    heroes { id displayName }
    viewerMembership { id role }
    lastMessage { id }
    messages(last: $last) {
      pageInfo { hasPreviousPage }
      edges { cursor node {
        id sequence
        author { id displayName }
        content { text mentions { id } }
        replyTo { id author { id } content { text } }
        reactions { emoji count viewerReacted users { id displayName } }
        conversation { id }
      } }
    }
  }
}`

describe('The cost of reading', () => {
  it('is a fixed handful of statements for a page, however many messages it holds', async () => {
    const names = ['ann', 'ben', 'cid', 'dot']
    const id = await server.create('ann', names.slice(1))
    let replyToId: string | undefined
    for (let index = 0; index < 50; index += 1) {
      const name = names[index % names.length] ?? 'ann'
      const sent: string = await server.send(name, id, `Message ${index} for <@ann>`, {
        replyToId: index % 3 === 0 ? replyToId : undefined,
      })
      await server.react(names[(index + 1) % names.length] ?? 'ann', sent, '👍')
      replyToId = sent
    }
    const statements = async (last: number): Promise<number> => {
      const before = server.reads.count
      const { data, errors } = await server.ask('ben', page, { id, last })
      expect(errors).toBeUndefined()
      expect(dig<unknown[]>(data, ['conversation', 'messages', 'edges'])).toHaveLength(last)
      return server.reads.count - before
    }
    await statements(1)
    const forFive = await statements(5)
    // While others are active, long work of one user is cut in more pieces, and sets of rows with it.
    await expect.poll(() => statements(50)).toBeLessThanOrEqual(forFive + 1)
    expect(forFive).toBeLessThanOrEqual(16)
  })

  it('is none for what needs no row', async () => {
    const before = server.reads.count
    await server.ask(undefined, getIntrospectionQuery())
    await server.ask('ann', '{ server { version logEpoch limits { textLength } } }')
    expect(server.reads.count).toBe(before)
  })

  it('is shared by all subscribers of one event', async () => {
    const id = await server.create('ann', ['ben'])
    const client = createClient({
      url: server.socketUrl,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: () => server.headers('ben'),
    })
    const query = `subscription($id: ID!) { conversationEvents(conversationId: $id) {
      __typename
      ... on StreamPosition { live }
      ... on MessageCreated { sequence message { author { displayName } reactions { count } conversation { name } } }
    } }`
    const streams = Array.from({ length: 500 }, () => new Collected(client.iterate({ query, variables: { id } })))
    await Promise.all(streams.map(stream => stream.untilLive()))
    const before = server.reads.count
    await server.send('ann', id, 'to all members')
    await Promise.all(streams.map(stream => stream.until(({ events }) => events.length === 1)))
    // Comparing the heads with the store reads now and then, too.
    expect(server.reads.count - before).toBeLessThan(30)
    await client.dispose()
  })
})

describe('One query', () => {
  it('reads one moment: what is committed meanwhile does not show in it', async () => {
    const id = await server.create('ann', ['ben'])
    await server.send('ann', id, 'first')
    const query = `query($id: ID!) { conversation(id: $id) { lastSequence lastMessage { sequence } messages(last: 1) { edges { node { sequence } } } } }`
    let differing = 0
    const sending = (async () => {
      for (let index = 0; index < 60; index += 1) await server.send('ann', id, `more ${index}`)
    })()
    let going = true
    void sending.then(() => {
      going = false
    })
    const seen = new Set<number>()
    while (going) {
      const { data } = await server.ask('ben', query, { id })
      const lastSequence = dig<number>(data, ['conversation', 'lastSequence'])
      seen.add(lastSequence)
      const shown = [
        dig<number>(data, ['conversation', 'lastMessage', 'sequence']),
        dig<number>(data, ['conversation', 'messages', 'edges', 0, 'node', 'sequence']),
      ]
      if (shown.some(sequence => sequence !== lastSequence)) differing += 1
    }
    await sending
    expect(differing).toBe(0)
    expect(seen.size).toBeGreaterThan(2)
  })

  it('shows in each of several mutations what that one left', async () => {
    const id = await server.create('ann', ['ben'])
    const send = `sendMessage(input: { conversationId: "${id}", content: { text: { text: "x" } } }) { message { sequence conversation { lastSequence } } }`
    const { data } = await server.ask('ann', `mutation { a: ${send} b: ${send} c: ${send} }`)
    for (const name of ['a', 'b', 'c'])
      expect(dig(data, [name, 'message', 'conversation', 'lastSequence'])).toBe(
        dig(data, [name, 'message', 'sequence']),
      )
  })
})
