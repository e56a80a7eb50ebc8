import { parseConversationId } from '@cpc-messenger/messenger'
import { createClient as createEventStreamClient } from 'graphql-sse'
import { createClient } from 'graphql-ws'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { removeMember } from '../../../../src/services/commands/members.ts'
import { sendMessage } from '../../../../src/services/commands/messages.ts'
import { actorOf } from '../../../../src/services/identity/actor.ts'
import { user } from '../../../backend.ts'
import { Collected } from '../../../graphql/collected.ts'
import { GraphQLServer } from '../../../graphql/graphql-server.ts'
import { conversationEvents, inboxEvents } from '../../../graphql/operations.ts'
import { SocketServer } from '../../../websocket/socket-server.ts'

const rounds = 5

/** What it asks for beside the event shows the present, which is not for a user who is out. */
const nested = `subscription($id: ID!) { conversationEvents(conversationId: $id) {
  __typename
  ... on ConversationEvent { sequence }
  ... on MessageCreated { message { content { text } conversation { lastMessage { content { text } } } } }
  ... on StreamPosition { live } } }`

const followed = {
  'server-sent events': async (server: GraphQLServer, query: string, variables: Record<string, unknown>) => {
    const client = createEventStreamClient({ url: server.url, headers: () => server.headers('bob'), retryAttempts: 0 })
    return { collected: new Collected(client.iterate({ query, variables })), close: () => client.dispose() }
  },
  'graphql-transport-ws': async (server: GraphQLServer, query: string, variables: Record<string, unknown>) => {
    const connectionParams = await server.headers('bob')
    const client = createClient({ url: server.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams })
    return { collected: new Collected(client.iterate({ query, variables })), close: () => client.dispose() }
  },
}

const textOf = (text: string) => ({
  content: { text, format: 'PLAIN' as const },
  clientMessageId: null,
  replyToId: null,
  metadata: null,
})

/** Two messages, the removal of bob and a third message, all given at one time. */
const sendAndRemove = async ({ dependencies }: GraphQLServer, id: string): Promise<void> => {
  const conversationId = parseConversationId(id)
  if (conversationId === undefined) throw new TypeError(id)
  const alice = actorOf(user('alice'))
  const { committer } = dependencies
  const send = (text: string) => committer.run(sendMessage, { conversationId, ...textOf(text) }, alice)
  const remove = () => committer.run(removeMember, { conversationId, userId: user('bob') }, alice)
  await Promise.all([send('one'), send('two'), remove(), send('three')])
}

describe('a user who is removed while others send gets what was sent before, and then the removal,', () => {
  for (const [transport, follow] of Object.entries(followed))
    for (const [root, query] of Object.entries({ conversationEvents, inboxEvents }))
      it(`over ${transport} by ${root}`, async () => {
        await using server = await GraphQLServer.open()
        for (let round = 0; round < rounds; round += 1) {
          const id = await server.create('alice', ['bob'])
          const head = await server.lastSequence('bob', id)
          const { collected, close } = await follow(server, query, root === 'inboxEvents' ? {} : { id })
          await collected.untilLive()
          await sendAndRemove(server, id)
          await collected.until(({ events }) => events.some(({ __typename }) => __typename === 'MemberLeft'))
          expect(collected.sequences).toEqual([head + 1, head + 2, head + 3])
          expect(collected.errors).toEqual([])
          await close()
        }
      })

  it.each(Object.keys(followed) as (keyof typeof followed)[])(
    'over %s, where the selection asks for more than the event has in memory: the removal comes in any case',
    async transport => {
      await using server = await GraphQLServer.open()
      for (let round = 0; round < rounds; round += 1) {
        const id = await server.create('alice', ['bob'])
        const head = await server.lastSequence('bob', id)
        const { collected, close } = await followed[transport](server, nested, { id })
        await collected.untilLive()
        await sendAndRemove(server, id)
        await collected.until(({ events }) => events.some(({ __typename }) => __typename === 'MemberLeft'))
        expect([1, 2, 3].map(more => head + more)).toEqual(expect.arrayContaining([...collected.sequences]))
        expect(JSON.stringify(collected.items)).not.toContain('three')
        expect(collected.errors).toEqual([])
        await close()
      }
    },
  )

  it.each(['Subscribe', 'SubscribeInbox'] as const)('over messenger.v1 by %s', async type => {
    await using server = await SocketServer.start()
    const { backend } = server
    for (let round = 0; round < rounds; round += 1) {
      const room = await backend.create('alice', { members: ['bob'] })
      const bob = await server.signedIn('bob')
      bob.send(type === 'Subscribe' ? { type, conversationId: room.id } : { type })
      await bob.until('StreamPosition')
      await Promise.all([
        backend.send('alice', room, 'one'),
        backend.send('alice', room, 'two'),
        backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') }),
        backend.send('alice', room, 'three'),
      ])
      const { lastSequence: head } = room
      expect(await bob.next('MessageCreated')).toMatchObject({
        sequence: head + 1,
        message: { content: { text: 'one' } },
      })
      expect(await bob.next('MessageCreated')).toMatchObject({
        sequence: head + 2,
        message: { content: { text: 'two' } },
      })
      expect(await bob.next('MemberLeft')).toMatchObject({ sequence: head + 3, userId: 'bob' })
      expect(await bob.next('Unsubscribed')).toMatchObject({ conversationId: room.id, reason: 'LEFT' })
      expect(await bob.settled()).toEqual([])
      bob.cut()
    }
  })
})
