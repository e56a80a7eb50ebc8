import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { guardRootFields } from '../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'
import { registerUser } from '../../../src/services/commands/users.ts'
import { actorOf } from '../../../src/services/identity/actor.ts'
import { GraphQLServer, userId } from '../graphql-server.ts'
import { Taken } from '../taken.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(() => server[Symbol.asyncDispose]())

const runner = (): OperationRunner => new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)

const viewerSignals = `subscription { viewerSignals { __typename
  ... on ViewerChanged { viewer { user { id displayName } } }
  ... on ViewerConversationChanged { conversation { id name lastMessage { content { text } } } }
  ... on ViewerThreadChanged { thread { root { id } replyCount } }
  ... on UserChanged { user { id displayName } } } }`

const rename = (name: string, displayName: string) => {
  const actor = actorOf(userId(name))
  const profile = { userId: userId(name), displayName, avatarUrl: undefined, profileAsOf: Date.now() + 1000 }
  return server.dependencies.committer.run(registerUser, profile, actor)
}

describe('viewerSignals', () => {
  it('shows what changed as it is at delivery', async () => {
    const id = await server.create('alice', ['bob'])
    const rootId = await server.send('alice', id, 'a root')
    await server.send('bob', id, 'a reply', { threadRootId: rootId })
    const alice = (await Taken.open(runner(), server, 'alice', viewerSignals, {})).start()
    const signal = server.signalOf('alice', id)
    signal.conversation()
    await alice.untilEvents(1)
    signal.thread(rootId)
    await alice.untilEvents(2)
    await rename('bob', 'Bob')
    await alice.untilEvents(3)
    await rename('alice', 'Alice')
    await alice.untilEvents(4)
    expect(alice.results.every(({ errors }) => errors === undefined)).toBe(true)
    expect(alice.events).toEqual([
      {
        __typename: 'ViewerConversationChanged',
        conversation: { id, name: 'a room', lastMessage: { content: { text: 'a root' } } },
      },
      { __typename: 'ViewerThreadChanged', thread: { root: { id: rootId }, replyCount: 1 } },
      { __typename: 'UserChanged', user: { id: 'bob', displayName: 'Bob' } },
      { __typename: 'ViewerChanged', viewer: { user: { id: 'alice', displayName: 'Alice' } } },
    ])
    alice.close()
  })

  it('shows presences as a query does', async () => {
    const selection =
      'subscription { viewerSignals { ... on ViewerChanged { viewer { user { presence { status statusText } } } } } }'
    const frank = (await Taken.open(runner(), server, 'frank', selection, {})).start()
    await server.ask(
      'frank',
      'mutation { setPresence(input: { status: AWAY, statusText: "At lunch" }) { user { id } } }',
    )
    await frank.untilEvents(1)
    expect(frank.events).toEqual([{ viewer: { user: { presence: { status: 'OFFLINE', statusText: 'At lunch' } } } }])
    frank.close()
  })

  it('sends a late reader what is true then, and nothing that was deleted', async () => {
    const id = await server.create('alice', ['bob'])
    const secret = await server.send('alice', id, 'a secret')
    const alice = await Taken.open(runner(), server, 'alice', viewerSignals, {})
    server.signalOf('alice', id).conversation()
    alice.take()
    await new Promise(resolve => setTimeout(resolve, 100))
    const remove = 'mutation($input: DeleteMessageInput!) { deleteMessage(input: $input) { message { id } } }'
    await server.ask('alice', remove, { input: { messageId: secret } })
    alice.start()
    await alice.untilEvents(1)
    expect(alice.texts.join()).not.toContain('a secret')
    alice.close()
  })
})

const presence = `subscription($userIds: [ID!]!) { presence(userIds: $userIds) { user { id displayName avatarUrl } } }`

describe('presence', () => {
  it('names unknown users and those who share nothing with the viewer by their ids', async () => {
    await server.create('alice', ['bob'])
    await rename('stranger', 'Another')
    await rename('bob', 'Bob')
    const userIds = ['bob', 'stranger', 'nobody']
    const alice = (await Taken.open(runner(), server, 'alice', presence, { userIds })).start()
    await alice.untilEvents(3)
    expect(alice.events).toEqual([
      { user: { id: 'bob', displayName: 'Bob', avatarUrl: null } },
      { user: { id: 'stranger', displayName: 'stranger', avatarUrl: null } },
      { user: { id: 'nobody', displayName: 'nobody', avatarUrl: null } },
    ])
    alice.close()
  })

  it('is refused for too many users', async () => {
    const userIds = Array.from({ length: 201 }, (_, index) => `user-${index}`)
    await expect(Taken.open(runner(), server, 'alice', presence, { userIds })).rejects.toThrow('BAD_USER_INPUT')
    const { data } = await server.ask('alice', '{ server { limits { presenceSubscription } } }')
    expect(data).toEqual({ server: { limits: { presenceSubscription: 200 } } })
  })
})
