import { afterAll, beforeAll, expect, it } from 'vitest'
import { guardRootFields } from '../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'
import { deleteMessage } from '../../../src/services/commands/messages.ts'
import { actorOf } from '../../../src/services/identity/actor.ts'
import { GraphQLServer, userId } from '../graphql-server.ts'
import { Taken } from '../taken.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(() => server[Symbol.asyncDispose]())

it('a shared execution does not deliver a quoted text that was deleted', async () => {
  const runner = new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)
  const id = await server.create('alice', ['bob'])
  const quoted = await server.send('alice', id, 'secret words')
  const after = await server.lastSequence('alice', id)
  const query = `subscription($id: ID!, $after: Int) { conversationEvents(conversationId: $id, after: $after) {
    ... on StreamPosition { live } ... on MessageCreated { message { replyTo { content { text } } } } } }`
  const alice = await Taken.open(runner, server, 'alice', query, { id })
  await alice.untilLive()
  await server.send('alice', id, 'a reply', { replyToId: quoted })
  await alice.untilEvents(1)
  await server.dependencies.committer.run(deleteMessage, { messageId: quoted as never }, actorOf(userId('alice')))
  const bob = await Taken.open(runner, server, 'bob', query, { id, after })
  await bob.untilLive()
  alice.close()
  bob.close()
  expect(bob.texts.join()).not.toContain('secret words')
})
