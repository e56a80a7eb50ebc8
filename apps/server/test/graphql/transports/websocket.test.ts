import { type Client, createClient } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Collected } from '../collected.ts'
import { dig, GraphQLServer } from '../graphql-server.ts'
import { conversationEvents, inboxEvents, reactionEvents } from '../operations.ts'

let server: GraphQLServer
const clients: Client[] = []
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(async () => {
  for (const client of clients) await client.dispose()
  await server[Symbol.asyncDispose]()
})

const connect = (name: string, more: object = {}, options: object = {}): Client => {
  const client = createClient({
    url: server.socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: true,
    connectionParams: async () => ({ ...(await server.headers(name)), ...more }),
    ...options,
  })
  clients.push(client)
  return client
}

const follow = (client: Client, query: string, variables: Record<string, unknown> = {}): Collected =>
  new Collected(client.iterate({ query, variables }))

describe('The graphql-ws client, unchanged,', () => {
  it('queries, mutates and receives every event in order', async () => {
    const id = await server.create('alice', ['bob'])
    const client = connect('bob')
    const events = await follow(client, conversationEvents, { id }).untilLive()
    const messageId = await server.send('alice', id, 'Hello')
    await server.react('bob', messageId, '👍')
    const update = `mutation($id: ID!) { updateMessage(input: { messageId: $id, content: { text: { text: "Hello, all" } } }) { message { version } } }`
    const remove = `mutation($id: ID!) { deleteMessage(input: { messageId: $id }) { message { content { text } } } }`
    expect(
      (
        await new Collected(connect('alice').iterate({ query: update, variables: { id: messageId } })).until(
          c => c.ended,
        )
      ).errors,
    ).toEqual([])
    await server.ask('alice', remove, { id: messageId })
    await events.until(({ events: { length } }) => length === 4)
    expect(events.events.map(({ __typename }) => __typename)).toEqual([
      'MessageCreated',
      'ReactionAdded',
      'MessageUpdated',
      'MessageDeleted',
    ])
    const [first] = events.sequences
    expect(events.sequences).toEqual([0, 1, 2, 3].map(step => Number(first) + step))
    expect(dig(events.events[3], ['message', 'content'])).toEqual({ __typename: 'DeletedContent', text: '[Deleted]' })
    await events.stop()
  })

  it('resumes from its position, by its arguments and by connection_init', async () => {
    const id = await server.create('alice', ['bob'])
    const first = await follow(connect('bob'), conversationEvents, { id, after: 0 }).untilLive()
    const { sequence = 0, epoch } = first.items.find(({ live }) => live) ?? {}
    await first.stop()
    await server.send('alice', id, 'one')
    await server.send('alice', id, 'two')
    const byArguments = follow(connect('bob'), conversationEvents, { id, after: sequence, epoch })
    await byArguments.untilLive()
    expect(byArguments.sequences).toEqual([sequence + 1, sequence + 2])
    const byInit = follow(connect('bob', { epoch, positions: { [id]: sequence + 1 } }), conversationEvents, {
      id,
      after: 0,
    })
    await byInit.untilLive()
    expect(byInit.sequences).toEqual([sequence + 2])
  })

  it('follows the reactions to one message, from its place on', async () => {
    const id = await server.create('alice', ['bob'])
    const messageId = await server.send('alice', id, 'Hello')
    await server.react('bob', messageId, '👍')
    const after = (await server.lastSequence('alice', id)) - 1
    const byArguments = await follow(connect('bob'), reactionEvents, { id: messageId, after }).untilLive()
    expect(byArguments.events).toHaveLength(1)
    expect(byArguments.items.at(-1)?.epoch).toBe(server.store.epoch)
    const byInit = await follow(connect('bob', { positions: { [id]: after + 1 } }), reactionEvents, {
      id: messageId,
      after: 0,
    }).untilLive()
    expect(byInit.events).toEqual([])
    await server.react('alice', messageId, '🎉')
    await byInit.until(({ events }) => events.length === 1)
    expect(dig(byInit.events[0], ['reaction', 'emoji'])).toBe('🎉')
  })

  it('has all conversations in its inbox, those joined later too, and misses nothing from a position on', async () => {
    const first = await server.create('carol', ['dave'])
    const from = await server.read<string>('dave', '{ viewer { inboxPosition } }', {}, 'viewer', 'inboxPosition')
    await server.send('carol', first, 'meanwhile')
    const inbox = follow(connect('dave'), inboxEvents, { from, epoch: server.store.epoch })
    await inbox.untilLive()
    expect(inbox.events.map(({ __typename }) => __typename)).toEqual(['MessageCreated'])
    const second = await server.create('carol', ['dave'])
    await server.send('carol', second, 'here too')
    await inbox.until(({ events }) => events.some(event => dig(event, ['message', 'content', 'text']) === 'here too'))
    expect(new Set(inbox.events.map(({ conversationId }) => conversationId))).toEqual(new Set([first, second]))
    const later = await follow(connect('dave', { from }), inboxEvents).untilLive()
    expect(later.events.length).toBeGreaterThanOrEqual(4)
  })

  it('receives an error for one bad position, and the others continue', async () => {
    const id = await server.create('erin')
    const foreign = await server.create('frank')
    const after = [
      { conversationId: id, sequence: 0 },
      { conversationId: foreign, sequence: 1 },
    ]
    const inbox = follow(connect('erin'), inboxEvents, { after })
    await inbox.untilLive()
    expect(inbox.errors).toMatchObject([{ extensions: { code: 'RESYNC', conversationIds: [foreign] } }])
    expect(inbox.sequences).toEqual([1, 2])
  })

  it('has its subscriptions completed after MemberLeft, its inbox not', async () => {
    const id = await server.create('alice', ['bob'])
    const client = connect('bob')
    const events = await follow(client, conversationEvents, { id }).untilLive()
    const inbox = await follow(client, inboxEvents).untilLive()
    const remove = `mutation($id: ID!) { removeMember(input: { conversationId: $id, userId: "bob" }) { membershipId } }`
    await server.ask('alice', remove, { id })
    await server.send('alice', id, 'without bob')
    await events.until(({ ended }) => ended)
    expect(events.events.map(({ __typename }) => __typename)).toEqual(['MemberLeft'])
    await inbox.until(({ events: { length } }) => length === 1)
    expect(inbox.ended).toBe(false)
  })

  it('is refused by an error of that operation', async () => {
    const id = await server.create('alice')
    for (const [query, variables, code] of [
      [conversationEvents, { id }, 'NOT_FOUND'],
      [conversationEvents, { id: 'conv_none' }, 'NOT_FOUND'],
      [reactionEvents, { id: 'msg_01h455vb4pex5vsknk084sn02q' }, 'NOT_FOUND'],
      [inboxEvents, { from: 'forged' }, 'RESYNC'],
      [inboxEvents, { epoch: 'another' }, 'RESYNC'],
      [conversationEvents, { id, after: -1 }, 'BAD_USER_INPUT'],
    ] as const) {
      const refused = await follow(connect('mallory'), query, variables).until(({ ended }) => ended)
      expect(refused.failure).toMatchObject([{ extensions: { code } }])
    }
    const ahead = await follow(connect('alice'), conversationEvents, { id, after: 99 }).until(({ ended }) => ended)
    expect(ahead.failure).toMatchObject([{ extensions: { code: 'RESYNC' } }])
  })

  it('outlives its token where it brings a fresh one of the same user', async () => {
    const renew = `mutation($token: String!) { renewAuthentication(input: { token: $token }) { tokenExpiresAt } }`
    const client = connect('alice')
    const another = await new Collected(
      client.iterate({ query: renew, variables: { token: await server.token('bob') } }),
    ).until(({ ended }) => ended)
    expect(another.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    const own = await new Collected(
      client.iterate({ query: renew, variables: { token: await server.token('alice', 7200) } }),
    ).until(({ ended }) => ended)
    expect(own.errors).toEqual([])
    const overHttp = await server.ask('alice', renew, { token: await server.token('alice') })
    expect(overHttp.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })
})
