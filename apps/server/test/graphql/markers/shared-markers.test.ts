import { afterAll, beforeAll, expect, it } from 'vitest'
import { guardRootFields } from '../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'
import { GraphQLServer } from '../graphql-server.ts'
import { Taken } from '../taken.ts'
import { mark } from './marking.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const document = `subscription($id: ID!) { conversationSignals(conversationId: $id, kinds: [READ_MARKERS]) {
  ... on ReadMarkerMoved { membership { user { id } readSequence deliveredSequence } } } }`

const becomeInvisible = 'mutation { setPresence(input: { status: INVISIBLE }) { __typename } }'

interface Item {
  readonly membership: { readonly user: { readonly id: string }; readonly readSequence: number }
}

const runnerOf = (): OperationRunner => new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)

const opened = async (members: readonly string[]) => {
  const runner = runnerOf()
  const id = await server.create('alice', members)
  for (const text of ['one', 'two', 'three']) await server.send('alice', id, text)
  const all = await Promise.all(members.map(name => Taken.open(runner, server, name, document, { id })))
  for (const taken of all) await taken.start().untilEvents(members.length + 1)
  const head = await server.lastSequence('alice', id)
  return { runner, id, all, head, first: members.length + 1 }
}

it('A marker that moves is executed once for all members', async () => {
  const { runner, id, all, head, first } = await opened(Array.from({ length: 20 }, (_, index) => `reader-${index}`))
  const before = runner.executions
  await mark(server, 'reader-3', 'markRead', id, head)
  for (const taken of all) await taken.untilEvents(first + 1)
  expect(runner.executions - before).toBe(1)
  for (const { events } of all)
    expect(events.at(-1)).toEqual({
      membership: { user: { id: 'reader-3' }, readSequence: head, deliveredSequence: head },
    })
  for (const taken of all) taken.close()
})

it('A member whose markers are not shown to others sees their own, and what others are sent is shared again later', async () => {
  const { id, all, head, first } = await opened(['bob', 'carol', 'dave'])
  await mark(server, 'bob', 'markRead', id, head - 2)
  for (const taken of all) await taken.untilEvents(first + 1)
  await server.read('bob', becomeInvisible, {}, 'setPresence')
  await mark(server, 'bob', 'markRead', id, head)
  const [bob, carol] = all.map(taken => taken.events as unknown as readonly Item[])
  expect(bob?.at(-1)?.membership.readSequence).toBe(head - 2)
  expect(carol?.at(-1)?.membership.readSequence).toBe(head - 2)

  // It has shared nothing before.
  const other = runnerOf()
  const late = await Taken.open(other, server, 'carol', document, { id })
  const own = await Taken.open(other, server, 'bob', document, { id })
  for (const taken of [late, own]) await taken.start().untilEvents(first)
  const readOf = (taken: Taken) =>
    (taken.events as unknown as readonly Item[]).find(({ membership }) => membership.user.id === 'bob')?.membership
  expect(readOf(late)?.readSequence).toBe(head - 2)
  expect(readOf(own)?.readSequence).toBe(head)

  const before = other.executions
  await mark(server, 'dave', 'markRead', id, head)
  for (const taken of [late, own]) await taken.untilEvents(first + 1)
  expect(other.executions - before).toBe(1)
  for (const taken of [...all, late, own]) taken.close()
})
