import { unavailable } from '@cpc-messenger/messenger'
import { expect, it, vi } from 'vitest'
import { guardRootFields } from '../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../src/infrastructure/graphql/schema/schema.ts'
import { GraphQLServer } from './graphql-server.ts'
import { Taken } from './taken.ts'

const watch = (selection: string): string => `
  subscription($id: ID!) {
    conversationEvents(conversationId: $id) {
      ... on StreamPosition { live }
      ... on MessageCreated { sequence message { ${selection} } }
    }
  }`

it.each([
  ['the same for all', 'author { displayName }'],
  ['of the viewer', 'reactions { viewerReacted } author { displayName }'],
])('an event whose rows cannot be read, %s, is delivered once they can, before later events', async (_, selection) => {
  await using server = await GraphQLServer.open()
  const runner = new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)
  const id = await server.create('alice', ['bob', 'carol'])
  const all = await Promise.all(
    ['alice', 'bob', 'carol'].map(name => Taken.open(runner, server, name, watch(selection), { id })),
  )
  for (const taken of all) await taken.untilLive()
  const away = vi
    .spyOn(server.store.latest.users, 'byIds')
    .mockRejectedValue(unavailable('The database does not answer.'))
  try {
    await server.send('bob', id, 'one')
    await server.send('alice', id, 'two')
    await expect.poll(() => away.mock.calls.length, { timeout: 15_000 }).toBeGreaterThan(3)
    for (const taken of all) expect(taken.events).toEqual([])
  } finally {
    away.mockRestore()
  }
  for (const taken of all) {
    await taken.untilEvents(2)
    expect(taken.events).toMatchObject([
      { message: { author: { displayName: 'bob' } } },
      { message: { author: { displayName: 'alice' } } },
    ])
  }
})

it('while rows cannot be read, subscribers that share an event wait for one execution that is retried', async () => {
  await using server = await GraphQLServer.open()
  const runner = new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)
  const names = Array.from({ length: 40 }, (_, index) => `viewer${index}`)
  const id = await server.create('alice', names)
  const all = await Promise.all(
    names.map(name => Taken.open(runner, server, name, watch('author { displayName }'), { id })),
  )
  for (const taken of all) await taken.untilLive()
  const before = runner.executions
  const away = vi
    .spyOn(server.store.latest.users, 'byIds')
    .mockRejectedValue(unavailable('The database does not answer.'))
  try {
    await server.send('alice', id, 'one')
    await expect.poll(() => away.mock.calls.length, { timeout: 15_000 }).toBeGreaterThan(2)
    expect(runner.executions - before).toBeLessThan(names.length / 2)
  } finally {
    away.mockRestore()
  }
  for (const taken of all) await taken.untilEvents(1)
})
