import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PlainClient } from '../server/plain-client.ts'
import { tokenFor } from '../server/running-server.ts'
import { Team } from '../server/team.ts'

const react = (name: 'addReaction' | 'removeReaction') =>
  `mutation ($messageId: ID!) { ${name}(input: { messageId: $messageId, emoji: "👍" }) { message { id reactions { emoji count viewerReacted users { id } } } } }`
const edit = `mutation ($messageId: ID!, $text: String!) {
  updateMessage(input: { messageId: $messageId, content: { text: { text: $text } } }) {
    message { version updatedAt deletedAt content { __typename text } } } }`
const remove = `mutation ($messageId: ID!) {
  deleteMessage(input: { messageId: $messageId }) { message { version updatedAt deletedAt content { __typename text } } } }`

interface MessageAnswer {
  readonly message: {
    readonly version: number
    readonly updatedAt: string | null
    readonly deletedAt: string | null
    readonly content: { readonly __typename: string; readonly text: string }
  }
}

/** One test for each row of the design's table of what the first summary named, by its name there. */
describe('the parts of the original summary, from outside', () => {
  let team: Team
  beforeAll(async () => {
    team = await Team.start()
  })
  afterAll(() => team[Symbol.asyncDispose]())

  const actOnNewMessage = async (): Promise<string> => {
    const { id } = await team.send('alice', 'hello')
    await team.ask('bob', react('addReaction'), { messageId: id })
    await team.ask('bob', react('removeReaction'), { messageId: id })
    await team.ask('alice', edit, { messageId: id, text: 'edited' })
    await team.ask('alice', remove, { messageId: id })
    return id
  }

  it('WebSocket server: broadcast of reactions, updates, deletions; authentication; connection lifecycle', async () => {
    await using alice = await team.plain('alice')
    await using bob = await PlainClient.connect(team.server)
    bob.send({ type: 'Authenticate', token: team.tokens.bob })
    for (const client of [alice, bob]) {
      await client.frame('Connected')
      client.send({ type: 'Subscribe', conversationId: team.room })
      await client.frame('Subscribed')
    }
    const messageId = await actOnNewMessage()
    for (const client of [alice, bob]) {
      await client.frame('MessageDeleted', frame => JSON.stringify(frame).includes(messageId))
      const types = client.frames.filter(frame => frame.occurredAt !== undefined).map(frame => frame.type)
      expect(types).toEqual(['MessageCreated', 'ReactionAdded', 'ReactionRemoved', 'MessageUpdated', 'MessageDeleted'])
    }
    await using outsider = await PlainClient.connect(team.server)
    outsider.send({ type: 'Authenticate', token: `${team.tokens.bob}x` })
    expect((await outsider.closed()).code).toBe(4401)
    await using short = await PlainClient.connect(team.server, await tokenFor('bob', { seconds: 2 }))
    await short.frame('TokenExpiring')
    expect((await short.closed()).code).toBe(4401)
  })

  it('events `Connected`, `ReactionAdded`, `ReactionRemoved`, `MessageUpdated`, `MessageDeleted`', async () => {
    await using client = await team.plain('alice')
    expect(client.frames.length === 0 || client.frames[0]?.type === 'Connected').toBe(true)
    expect(await client.frame('Connected')).toMatchObject({ userId: 'alice', heartbeatSeconds: expect.any(Number) })
    client.send({ type: 'Subscribe', conversationId: team.room })
    await client.frame('Subscribed')
    const items = await team.collect<{
      conversationEvents: { __typename: string; reaction?: object; message?: object }
    }>(
      'bob',
      `subscription ($id: ID!) { conversationEvents(conversationId: $id) { __typename
        ... on ReactionEvent { reaction { emoji user { id } messageId } }
        ... on MessageUpdated { message { id content { text } } }
        ... on MessageDeleted { message { id content { text } } } } }`,
      { id: team.room },
      got => got.some(item => item.conversationEvents.__typename === 'MessageDeleted'),
      actOnNewMessage,
    )
    const graphql = items.map(item => item.conversationEvents).filter(event => event.__typename !== 'StreamPosition')
    await client.frame('MessageDeleted')
    const plain = client.frames.filter(frame => frame.occurredAt !== undefined)
    expect(graphql.map(event => event.__typename)).toEqual(plain.map(frame => frame.type))
    expect(graphql[1]).toMatchObject({ reaction: { emoji: '👍', user: { id: 'bob' } } })
    expect(plain[1]).toMatchObject({ reaction: { emoji: '👍', userId: 'bob' } })
    // The message as it was when this was delivered: edited, or deleted by then.
    expect(plain[3]).toMatchObject({
      type: 'MessageUpdated',
      actorId: 'alice',
      message: { version: expect.toSatisfy(version => version === 2 || version === 3) },
    })
    expect(plain[4]).toMatchObject({ message: { content: { kind: 'deleted', text: '[Deleted]' } } })
  })

  it('GraphQL mutations `update_message`, `delete_message`; subscription `reaction_events`; message and reaction types', async () => {
    const { id } = await team.send('alice', 'hello')
    const items = await team.collect<{ reactionEvents: { __typename: string } }>(
      'alice',
      `subscription ($id: ID!) { reactionEvents(messageId: $id, after: 0) { __typename
        ... on ReactionEvent { sequence reaction { messageId emoji createdAt user { id displayName } } message { id reactions { emoji count } } } } }`,
      { id },
      got => got.some(item => item.reactionEvents.__typename === 'ReactionRemoved'),
      async () => {
        await team.ask('bob', react('addReaction'), { messageId: id })
        await team.send('bob', 'something else')
        await team.ask('bob', react('removeReaction'), { messageId: id })
      },
    )
    expect(items.map(item => item.reactionEvents.__typename).filter(name => name !== 'StreamPosition')).toEqual([
      'ReactionAdded',
      'ReactionRemoved',
    ])
    const { updateMessage } = await team.ask<{ updateMessage: MessageAnswer }>('alice', edit, {
      messageId: id,
      text: 'b',
    })
    expect(updateMessage.message).toMatchObject({ version: 2, content: { __typename: 'TextContent', text: 'b' } })
    const { deleteMessage } = await team.ask<{ deleteMessage: MessageAnswer }>('alice', remove, { messageId: id })
    expect(deleteMessage.message.content).toEqual({ __typename: 'DeletedContent', text: '[Deleted]' })
  })

  it('`Message` with `updated_at`, `update_content()`, `mark_deleted()`; the `MessageContent` enum and its serialisation', async () => {
    const { id } = await team.send('alice', 'hello')
    const read = () =>
      team.ask<MessageAnswer>(
        'bob',
        `query ($id: ID!) { message(id: $id) { version updatedAt deletedAt content { __typename text ... on TextContent { format mentions { id } } } } }`,
        { id },
      )
    expect((await read()).message).toMatchObject({
      version: 1,
      updatedAt: null,
      content: { __typename: 'TextContent', text: 'hello', format: 'PLAIN', mentions: [] },
    })
    await team.ask('alice', edit, { messageId: id, text: 'hello <@bob>' })
    const edited = (await read()).message
    expect(edited).toMatchObject({ version: 2, content: { text: 'hello <@bob>', mentions: [{ id: 'bob' }] } })
    expect(edited.updatedAt).not.toBeNull()
    await team.ask('alice', remove, { messageId: id })
    const deleted = (await read()).message
    expect(deleted).toMatchObject({ version: 3, content: { __typename: 'DeletedContent', text: '[Deleted]' } })
    expect(deleted.deletedAt).toBe(deleted.updatedAt)
  })

  it('`MessageService` with `update_message()`', async () => {
    const { id } = await team.send('alice', 'hello')
    await using client = await team.plain('bob')
    client.send({ type: 'Subscribe', conversationId: team.room })
    await client.frame('Subscribed')
    const { errors } = await team.request('bob', edit, { messageId: id, text: 'not mine' })
    expect(errors[0]?.extensions?.code).toBe('FORBIDDEN')
    const hidden = await team.request('eve', edit, { messageId: id, text: 'not mine' })
    expect(hidden.errors[0]?.extensions?.code).toBe('NOT_FOUND')
    await team.ask('alice', edit, { messageId: id, text: 'mine' })
    await team.ask('alice', edit, { messageId: id, text: 'mine' })
    await team.send('alice', 'end')
    await client.frame('MessageCreated')
    expect(client.frames.filter(frame => frame.type === 'MessageUpdated')).toHaveLength(1)
    expect(await client.frame('MessageUpdated')).toMatchObject({
      message: { id, version: 2, content: { text: 'mine' } },
    })
  })

  it('soft delete: content becomes "[Deleted]"', async () => {
    const { id, sequence } = await team.send('alice', 'a secret of alice')
    await team.ask('alice', edit, { messageId: id, text: 'another secret' })
    await team.ask('alice', remove, { messageId: id })
    await team.ask('alice', remove, { messageId: id })
    await using client = await team.plain('bob')
    client.send({ type: 'Subscribe', conversationId: team.room, after: sequence - 1 })
    await client.frame('StreamPosition')
    expect(client.frames.filter(frame => frame.type === 'MessageDeleted')).toHaveLength(1)
    expect(JSON.stringify(client.frames)).not.toContain('secret')
    const { node } = await team.ask<{ node: { content: { text: string } } }>(
      'bob',
      'query ($id: ID!) { node(id: $id) { ... on Message { content { text } } } }',
      { id },
    )
    expect(node.content.text).toBe('[Deleted]')
  })

  it('broadcast channels for internal events', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, (_, index) => team.plain(index % 2 ? 'alice' : 'bob')))
    for (const client of clients) client.send({ type: 'SubscribeInbox' })
    for (const client of clients) await client.frame('InboxSubscribed')
    const { id } = await team.send('alice', 'to all')
    for (const client of clients)
      expect(await client.frame('MessageCreated')).toMatchObject({ message: { id, content: { text: 'to all' } } })
    for (const client of clients) await client[Symbol.asyncDispose]()
  })

  it('hexagonal layout; integration tests for WebSocket and GraphQL; wiring in `main`', async () => {
    await using plainOnly = await Team.start({ TRANSPORTS: 'graphql' })
    expect((await fetch(`${plainOnly.server.url}/asyncapi.json`)).status).toBe(404)
    await expect(plainOnly.plain('alice')).rejects.toThrow()
    expect((await fetch(`${team.server.url}/asyncapi.json`)).status).toBe(200)
    expect((await fetch(`${team.server.url}/schema.graphql`)).status).toBe(200)
  })

  it('full message history, threads in real time, presence and typing', async () => {
    const { id } = await team.send('alice', 'first version')
    await team.ask('alice', edit, { messageId: id, text: 'second version' })
    await using bob = await team.plain('bob')
    bob.send({ type: 'SubscribeThread', rootMessageId: id })
    await bob.frame('Subscribed')
    bob.send({ type: 'SubscribeSignals', conversationId: team.room, kinds: ['TYPING', 'PRESENCE'], id: 's' })
    await bob.frame('Ok', frame => frame.id === 's')
    await using alice = await team.plain('alice')
    expect(await bob.frame('PresenceChanged', frame => frame.userId === 'alice')).toMatchObject({ status: 'ONLINE' })
    alice.send({ type: 'SetTyping', conversationId: team.room, typing: true, id: 'x' })
    expect(await bob.frame('TypingStarted')).toMatchObject({ userId: 'alice', threadRootId: null })
    await team.ask(
      'alice',
      `mutation ($room: ID!, $root: ID!) { sendMessage(input: {
        conversationId: $room, threadRootId: $root, content: { text: { text: "in the thread" } } }) { message { id } } }`,
      { room: team.room, root: id },
    )
    expect(await bob.frame('MessageCreated')).toMatchObject({ message: { threadRootId: id } })
    await team.ask('alice', remove, { messageId: id })
    const history = `query ($id: ID!) { message(id: $id) { revisions { edges { node { version content { text } } } } } }`
    const { message } = await team.ask<{ message: { revisions: { edges: { node: object }[] } } }>('alice', history, {
      id,
    })
    expect(message.revisions.edges.map(edge => edge.node)).toEqual([
      { version: 1, content: { text: 'first version' } },
      { version: 2, content: { text: 'second version' } },
      { version: 3, content: { text: '[Deleted]' } },
    ])
    const hidden = await team.request('bob', history, { id })
    expect(hidden.errors[0]?.extensions?.code).toBe('FORBIDDEN')
  })
})
