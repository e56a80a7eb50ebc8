import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Collected } from '../../graphql/collected.ts'
import { type Answer, dig, GraphQLServer } from '../../graphql/graphql-server.ts'
import { eachOf, filledGroup, numbers } from '../clients/filling.ts'
import {
  conversationsQuery,
  eventsQuery,
  membersQuery,
  messagesQuery,
  moreMessagesQuery,
  reactorsQuery,
  richConversationsQuery,
  richEventsQuery,
} from '../clients/selections.ts'

const maxBytes = 8 * 1024 * 1024
/** Of four bytes in UTF-8. */
const wide = '\u{1d4b3}'

const codesOf = ({ errors }: Answer): readonly unknown[] => (errors ?? []).map(({ extensions }) => extensions.code)
const bytesOf = ({ data }: Answer): number => Buffer.byteLength(JSON.stringify(data))

const answered = (answer: Answer): Answer => {
  expect(answer.errors).toBeUndefined()
  expect(bytesOf(answer)).toBeLessThanOrEqual(maxBytes)
  return answer
}

interface Event {
  readonly sequence: number
}

describe('The largest page of each list, with what a chat shows of it', () => {
  let server: GraphQLServer
  let group: string
  beforeAll(async () => {
    server = await GraphQLServer.open()
    group = await filledGroup(server, 'ann', { members: 1000, messages: 1000 })
    await eachOf(numbers(110), () => server.create('ann', ['ben', 'cid']))
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('of events is answered', async () => {
    const answer = answered(await server.ask('ann', eventsQuery, { id: group, after: 0, first: 1000 }))
    const sequences = dig<Event[]>(answer.data, ['events', 'events']).map(({ sequence }) => sequence)
    expect(sequences).toEqual(numbers(1000).map(index => index + 1))
    expect(dig(answer.data, ['events', 'hasMore'])).toBe(true)
  })

  it('of messages is answered', async () => {
    const answer = answered(await server.ask('ann', messagesQuery, { id: group, last: 100 }))
    expect(dig<unknown[]>(answer.data, ['conversation', 'messages', 'edges'])).toHaveLength(100)
  })

  it('of members is answered', async () => {
    const answer = answered(await server.ask('ann', membersQuery, { id: group, first: 1000 }))
    expect(dig<unknown[]>(answer.data, ['conversation', 'members', 'edges'])).toHaveLength(1000)
  })

  it('of conversations is answered', async () => {
    const answer = answered(await server.ask('ann', conversationsQuery, { first: 100 }))
    expect(dig<unknown[]>(answer.data, ['conversations', 'edges'])).toHaveLength(100)
    expect(dig(answer.data, ['conversations', 'pageInfo', 'hasNextPage'])).toBe(true)
  })

  it('of events is answered where what is replied to is shown in full', async () => {
    const answer = answered(await server.ask('ann', richEventsQuery, { id: group, after: 0, first: 1000 }))
    expect(dig<unknown[]>(answer.data, ['events', 'events'])).toHaveLength(1000)
  })

  it('of reactions to a page of messages is answered', async () => {
    const answer = answered(await server.ask('ann', reactorsQuery, { id: group, last: 100 }))
    expect(dig<unknown[]>(answer.data, ['conversation', 'messages', 'edges'])).toHaveLength(100)
  })

  it.each([
    ['20 messages of each and what they reply to', richConversationsQuery],
    ['30 messages of each', moreMessagesQuery],
  ])('of conversations is answered with %s', async (_, query) => {
    const answer = answered(await server.ask('ann', query, { first: 100 }))
    expect(dig<unknown[]>(answer.data, ['conversations', 'edges'])).toHaveLength(100)
  })
})

describe('Where messages are as long as they may be', () => {
  let server: GraphQLServer
  let group: string
  beforeAll(async () => {
    server = await GraphQLServer.open({ limits: { textLength: 10_000 } })
    group = await filledGroup(server, 'ann', { messages: 300, text: () => wide.repeat(10_000) })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  it('a page of events holds fewer of them and says that more follow, and none is missing', async () => {
    const seen: number[] = []
    for (let more = true, pages = 0; more; pages += 1) {
      const after = seen.at(-1) ?? 0
      const answer = answered(await server.ask('ann', eventsQuery, { id: group, after, first: 1000 }))
      seen.push(...dig<Event[]>(answer.data, ['events', 'events']).map(({ sequence }) => sequence))
      more = dig<boolean>(answer.data, ['events', 'hasMore'])
      expect(pages).toBeLessThan(10)
    }
    expect(seen).toEqual(numbers(await server.lastSequence('ann', group)).map(index => index + 1))
  })

  it('a page of messages holds all hundred', async () => {
    const answer = answered(await server.ask('ann', messagesQuery, { id: group, last: 100 }))
    expect(dig<unknown[]>(answer.data, ['conversation', 'messages', 'edges'])).toHaveLength(100)
  })

  it('a page that shows each of them three times holds fewer and says that more follow', async () => {
    const query = `query($id: ID!) { conversation(id: $id) { messages(last: 100) { edges { node { sequence
      a: content { text } b: content { text } c: content { text } } } pageInfo { hasPreviousPage } } } }`
    const answer = answered(await server.ask('ann', query, { id: group }))
    const edges = dig<unknown[]>(answer.data, ['conversation', 'messages', 'edges'])
    expect(edges.length).toBeGreaterThan(0)
    expect(edges.length).toBeLessThan(100)
    expect(dig(answer.data, ['conversation', 'messages', 'pageInfo', 'hasPreviousPage'])).toBe(true)
  })

  it('an answer that cannot hold fewer is refused, and costs little memory', async () => {
    const { data } = await server.ask('ann', messagesQuery, { id: group, last: 100 })
    const edges = dig<{ node: { id: string } }[]>(data, ['conversation', 'messages', 'edges'])
    const texts = numbers(9).map(index => `a${index}: text`)
    const query = `query($ids: [ID!]!) { nodes(ids: $ids) { ... on Message { content { ${texts.join(' ')} } } } }`
    const before = process.memoryUsage().rss
    const answer = await server.ask('ann', query, { ids: edges.map(({ node }) => node.id) })
    expect(codesOf(answer)).toEqual(['QUERY_TOO_COMPLEX'])
    expect(answer.data).toBeUndefined()
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  })

  it('as many of them as make a gigabyte are neither answered nor read', async () => {
    const pages = numbers(90).map(index => `a${index}: messages(last: 100) { edges { node { content { text } } } }`)
    const query = `query($id: ID!) { conversation(id: $id) { ${pages.join(' ')} } }`
    const before = process.memoryUsage().rss
    const answer = await server.ask('ann', query, { id: group })
    if (answer.errors === undefined) expect(bytesOf(answer)).toBeLessThanOrEqual(maxBytes)
    else expect(new Set(codesOf(answer))).toEqual(new Set(['QUERY_TOO_COMPLEX']))
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
  })

  it('an event that would hold too much is reported as refused, and the subscription goes on', async () => {
    const client = createClient({
      url: server.socketUrl,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: () => server.headers('ann'),
    })
    const pages = numbers(5).map(index => `a${index}: messages(last: 50) { edges { node { content { text } } } }`)
    const query = `subscription($id: ID!) { conversationEvents(conversationId: $id) { __typename
      ... on StreamPosition { live }
      ... on ConversationEvent { sequence }
      ... on MessageCreated { message { conversation { ${pages.join(' ')} } } } } }`
    const stream = new Collected(client.iterate({ query, variables: { id: group } }))
    await stream.untilLive()
    const sent = await server.send('ann', group, 'hello')
    await stream.until(({ errors }) => errors.length > 0)
    expect(stream.errors[0]?.extensions?.code).toBe('QUERY_TOO_COMPLEX')
    await server.react('ann', sent, '👍')
    await stream.until(({ events }) => events.some(event => event.__typename === 'ReactionAdded'))
    await client.dispose()
  })
})

it('Where a setting allows ten times longer messages, the largest pages are answered too', async () => {
  await using server = await GraphQLServer.open({ limits: { textLength: 100_000 } })
  const group = await filledGroup(server, 'ann', { messages: 40, text: () => wide.repeat(100_000) })
  const messages = answered(await server.ask('ann', messagesQuery, { id: group, last: 100 }))
  expect(dig<unknown[]>(messages.data, ['conversation', 'messages', 'edges']).length).toBeGreaterThan(0)
  expect(dig(messages.data, ['conversation', 'messages', 'pageInfo', 'hasPreviousPage'])).toBe(true)
  const events = answered(await server.ask('ann', eventsQuery, { id: group, after: 0, first: 1000 }))
  expect(dig<unknown[]>(events.data, ['events', 'events']).length).toBeGreaterThan(2)
  expect(dig(events.data, ['events', 'hasMore'])).toBe(true)
})
