import { type GraphQLSchema, isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { guardRootFields } from '../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'
import type { Logger } from '../../../src/services/telemetry/logger.ts'
import { GraphQLServer } from '../graphql-server.ts'
import { Taken } from '../taken.ts'

let server: GraphQLServer
const errors: string[] = []
const ignore = (): void => undefined
const log: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: (_fields, message) => errors.push(String(message)),
}
beforeAll(async () => {
  server = await GraphQLServer.open({ log })
})
afterAll(() => server[Symbol.asyncDispose]())

const runnerOf = (schema: GraphQLSchema = buildGraphQLSchema()): OperationRunner =>
  new OperationRunner(guardRootFields(schema), server.dependencies)

const mark = (schema: GraphQLSchema, typeName: string, fieldName: string): GraphQLSchema => {
  const type = schema.getType(typeName)
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined
  if (field === undefined) throw new TypeError(`${typeName}.${fieldName} is not there`)
  field.extensions = { viewerIndependent: true }
  return schema
}

const plain = `
  ... on StreamPosition { live }
  ... on MessageCreated { sequence message { content { text } author { displayName } reactions { emoji count } } }`
const personal = `
  ... on StreamPosition { live }
  ... on ReactionAdded { message { reactions { emoji count viewerReacted } } }`
const conversation = (selection: string, more = '') =>
  `subscription($id: ID!, $after: Int${more}) { conversationEvents(conversationId: $id, after: $after) { ${selection} } }`
const inbox = (selection: string) => `subscription { everything: inboxEvents { ${selection} } }`

const sharedOver = async (runner: OperationRunner, all: readonly Taken[], events: () => Promise<unknown>) => {
  for (const taken of all) await taken.untilLive()
  const before = runner.executions
  await events()
  for (const taken of all) await taken.untilEvents(1)
  return runner.executions - before
}

describe('One execution', () => {
  it('serves all subscribers with the same selection, with any root field and arguments', async () => {
    const runner = runnerOf()
    const id = await server.create('alice', ['bob', 'carol'])
    const head = await server.lastSequence('alice', id)
    const all = [
      await Taken.open(runner, server, 'alice', conversation(plain), { id }),
      await Taken.open(runner, server, 'bob', conversation(plain), { id, after: head }),
      await Taken.open(runner, server, 'carol', inbox(plain), {}),
    ]
    expect(await sharedOver(runner, all, () => server.send('alice', id, 'to all'))).toBe(1)
    const [first, second, third] = all.map(({ events }) => events)
    expect(first).toMatchObject([{ message: { content: { text: 'to all' }, author: { displayName: 'alice' } } }])
    expect(second).toEqual(first)
    expect(third).toEqual(first)
    expect(all.map(({ results }) => Object.keys(results.at(-1)?.data ?? {}))).toEqual([
      ['conversationEvents'],
      ['conversationEvents'],
      ['everything'],
    ])
    for (const taken of all) taken.close()
  })

  it('does not serve subscribers with other variables inside the selection', async () => {
    const runner = runnerOf()
    const id = await server.create('alice', ['bob'])
    const query = conversation(
      '... on StreamPosition { live } ... on MessageCreated { sequence message @include(if: $full) { id } }',
      ', $full: Boolean = false',
    )
    const all = [
      await Taken.open(runner, server, 'alice', query, { id, full: true }),
      await Taken.open(runner, server, 'bob', query, { id }),
      await Taken.open(runner, server, 'bob', query, { id, full: false }),
    ]
    expect(await sharedOver(runner, all, () => server.send('alice', id, 'for some'))).toBe(2)
    expect(all.map(({ events: [event] }) => Object.keys(event ?? {}))).toEqual([
      ['sequence', 'message'],
      ['sequence'],
      ['sequence'],
    ])
    for (const taken of all) taken.close()
  })

  it('serves only one viewer where the selection depends on who looks', async () => {
    const runner = runnerOf()
    const id = await server.create('alice', ['bob'])
    const messageId = await server.send('alice', id, 'Hello')
    const names = ['alice', 'bob', 'alice', 'bob']
    const all = await Promise.all(names.map(name => Taken.open(runner, server, name, conversation(personal), { id })))
    expect(await sharedOver(runner, all, () => server.react('alice', messageId, '👍'))).toBe(2)
    for (const [index, taken] of all.entries())
      expect(taken.events).toEqual([
        { message: { reactions: [{ emoji: '👍', count: 1, viewerReacted: names[index] === 'alice' }] } },
      ])
    for (const taken of all) taken.close()
  })

  it('is given up for good where a field that is marked reads the viewer after all', async () => {
    const runner = runnerOf(mark(buildGraphQLSchema(), 'ReactionSummary', 'viewerReacted'))
    const id = await server.create('alice', ['bob'])
    const messageId = await server.send('alice', id, 'Hello')
    const names = ['alice', 'bob', 'bob']
    const all = await Promise.all(names.map(name => Taken.open(runner, server, name, conversation(personal), { id })))
    errors.length = 0
    await sharedOver(runner, all, () => server.react('bob', messageId, '👍'))
    const before = runner.executions
    await server.react('alice', messageId, '🎉')
    for (const taken of all) await taken.untilEvents(2)
    expect(runner.executions - before).toBe(2)
    for (const [index, { events }] of all.entries())
      expect(events[1]).toEqual({
        message: {
          reactions: [
            { emoji: '👍', count: 1, viewerReacted: names[index] === 'bob' },
            { emoji: '🎉', count: 1, viewerReacted: names[index] === 'alice' },
          ],
        },
      })
    expect(errors).toHaveLength(1)
    for (const taken of all) taken.close()
  })

  it('is given up where a resolver hides that it was refused the viewer', async () => {
    const schema = mark(buildGraphQLSchema(), 'ReactionSummary', 'viewerReacted')
    const type = schema.getType('ReactionSummary')
    const field = isObjectType(type) ? type.getFields().viewerReacted : undefined
    const { resolve } = field ?? {}
    if (field === undefined || resolve === undefined) throw new TypeError('viewerReacted is not there')
    field.resolve = async (...given) => {
      try {
        return await resolve(...given)
      } catch {
        return false
      }
    }
    const runner = runnerOf(schema)
    const id = await server.create('alice', ['bob'])
    const messageId = await server.send('alice', id, 'Hello')
    const all = await Promise.all(
      ['alice', 'bob'].map(name => Taken.open(runner, server, name, conversation(personal), { id })),
    )
    await sharedOver(runner, all, () => server.react('bob', messageId, '👍'))
    expect(all.map(({ texts }) => texts.some(text => text.includes('"viewerReacted":true')))).toEqual([false, true])
    for (const taken of all) taken.close()
  })

  it('brings back nothing that was edited or deleted meanwhile', async () => {
    const runner = runnerOf()
    const id = await server.create('alice', ['bob'])
    const text = `__typename ... on StreamPosition { live } ... on ConversationEvent { sequence }
      ... on MessageCreated { message { content { text } } } ... on MessageUpdated { message { content { text } } }`
    const prompt = await (await Taken.open(runner, server, 'alice', conversation(text), { id })).untilLive()
    const late = await Taken.open(runner, server, 'bob', conversation(text), { id })
    const messageId = await server.send('alice', id, 'first words')
    await prompt.untilEvents(1)
    await server.ask(
      'alice',
      'mutation($id: ID!) { updateMessage(input: { messageId: $id, content: { text: { text: "second words" } } }) { message { id } } }',
      { id: messageId },
    )
    await prompt.untilEvents(2)
    const between = await Taken.open(runner, server, 'bob', conversation(text), { id, after: 1 })
    await between.start().untilEvents(1)
    await server.ask('alice', 'mutation($id: ID!) { deleteMessage(input: { messageId: $id }) { message { id } } }', {
      id: messageId,
    })
    await prompt.untilEvents(3)
    const after = await (await Taken.open(runner, server, 'bob', conversation(text), { id, after: 0 })).untilLive()
    await late.start().untilEvents(3)
    expect(prompt.texts.join()).toContain('first words')
    expect(between.texts.join()).not.toContain('first words')
    for (const taken of [late, after]) expect(taken.texts.join()).not.toMatch(/first words|second words/)
    expect(late.events).toHaveLength(3)
    for (const taken of [prompt, late, between, after]) taken.close()
  })

  it('and a fixed handful of statements are all that a thousand subscribers cost', async () => {
    const runner = runnerOf()
    const id = await server.create('alice', ['bob'])
    const all = await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        Taken.open(runner, server, index % 2 === 0 ? 'alice' : 'bob', conversation(plain), { id }),
      ),
    )
    for (const taken of all) await taken.untilLive()
    const executions = runner.executions
    const reads = server.reads.count
    await server.send('alice', id, 'to a thousand')
    for (const taken of all) await taken.untilEvents(1)
    expect(runner.executions - executions).toBe(1)
    expect(server.reads.count - reads).toBeLessThan(10)
    for (const taken of all) taken.close()
  })
})
