import type { Message } from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { deleteMessage, sendMessage, updateMessage } from '../../../src/services/commands/messages.ts'
import { addReaction, removeReaction } from '../../../src/services/commands/reactions.ts'
import { Backend, user } from '../../backend.ts'
import { Collector } from '../../delivery/collector.ts'
import { GraphQLServer } from '../../graphql/graphql-server.ts'
import { noChanges } from '../../storage/scribe.ts'

const codeOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'OK',
    (error: { code?: string }) => error.code ?? 'other',
  )

const whoReacted = async ({ store }: Backend, { id: messageId }: Message) => ({
  summaries: await store.latest.reactions.summaries([messageId]),
  first: await store.latest.reactions.firstReactors([messageId]),
  own: await store.latest.reactions.byPairs(['alice', 'bob', 'carol'].map(name => ({ messageId, userId: user(name) }))),
  all: await store.latest.reactions.page({ messageId, limit: 100 }),
})
const noReactions = { summaries: [], first: [], own: [], all: [] }

it('a deleted message lists no one who reacted: in no query, no replay, and to no one who was there', async () => {
  await using server = await GraphQLServer.open()
  const id = await server.create('alice', ['bob'])
  const messageId = await server.send('alice', id, 'hello')
  for (const name of ['alice', 'bob']) for (const emoji of ['👍', '🎉']) await server.react(name, messageId, emoji)
  const fields = `reactions { emoji count viewerReacted users { id } }
    reactors(first: 5) { edges { node { emoji user { id } } } pageInfo { hasNextPage } }`
  const inMessage = `query($id: ID!) { message(id: $id) { ${fields} } }`
  const before = JSON.stringify((await server.ask('bob', inMessage, { id: messageId })).data)
  expect(before).toContain('👍')
  const input = { messageId }
  const mutation = `mutation($input: DeleteMessageInput!) { deleteMessage(input: $input) { message { ${fields} } } }`
  const answers = [
    await server.ask('alice', mutation, { input }),
    await server.ask('alice', mutation, { input }),
    await server.ask('bob', inMessage, { id: messageId }),
    await server.ask(
      'bob',
      `query($id: ID!) { conversation(id: $id) { messages(last: 3) { edges { node { ${fields} } } } } }`,
      {
        id,
      },
    ),
    await server.ask('bob', `query($id: ID!) { message(id: $id) { reactors(emoji: "👍") { edges { cursor } } } }`, {
      id: messageId,
    }),
    ...(await Promise.all(
      ['MessageCreated', 'ReactionAdded', 'MessageDeleted'].map(type =>
        server.ask(
          'bob',
          `query($id: ID!) { events(conversationId: $id, after: 3, first: 6) { events { ... on ${type} { message { ${fields} } } } } }`,
          { id },
        ),
      ),
    )),
  ]
  for (const { errors, data } of answers) {
    expect(errors).toBeUndefined()
    expect(JSON.stringify(data)).not.toMatch(/👍|🎉|"viewerReacted"|"bob"/)
  }
})

it('the reactions to a deleted message are gone from the store too, and none comes any more', async () => {
  await using backend = await Backend.open()
  const room = await backend.create('alice', { members: ['bob'] })
  const [message, other] = [await backend.send('alice', room, 'one'), await backend.send('alice', room, 'other')]
  for (const { id: messageId } of [message, other])
    for (const name of ['alice', 'bob']) await backend.run(addReaction, name, { messageId, emoji: '👍' })
  await backend.run(deleteMessage, 'alice', { messageId: message.id })
  expect(await whoReacted(backend, message)).toEqual(noReactions)
  expect((await whoReacted(backend, other)).all).toHaveLength(2)
  const head = (await backend.store.latest.log.heads([room.id]))[0]?.head
  for (const useCase of [addReaction, removeReaction])
    for (const emoji of ['👍', '🎉'])
      expect(
        await codeOf(backend.run<object, unknown>(useCase as never, 'bob', { messageId: message.id, emoji })),
      ).toBe('MESSAGE_DELETED')
  expect((await backend.store.latest.log.heads([room.id]))[0]?.head).toBe(head)
})

it('a follower who received every reaction has none left once the message is deleted', async () => {
  await using backend = await Backend.open()
  const room = await backend.create('alice', { members: ['bob'] })
  using bob = await Collector.conversation(backend, 'bob', room)
  const message = await backend.send('alice', room, 'hello')
  await backend.run(addReaction, 'bob', { messageId: message.id, emoji: '👍' })
  await bob.until(({ events }) => events.some(({ type }) => type === 'ReactionAdded'), 'the reaction')
  await backend.run(deleteMessage, 'alice', { messageId: message.id })
  await bob.until(({ events }) => events.some(({ type }) => type === 'MessageDeleted'), 'the deletion')
  const deleted = bob.items.find(item => item.kind === 'event' && item.event.type === 'MessageDeleted')
  if (deleted?.kind !== 'event') throw new TypeError('no deletion')
  const rows = backend.subscriptionService.rowsOf(deleted)
  expect(await rows.reactions.summaries([message.id])).toEqual([])
  expect(await rows.reactions.firstReactors([message.id])).toEqual([])
})

it('reactions and a deletion that meet in one batch leave none behind, in any order', async () => {
  await using backend = await Backend.open()
  const room = await backend.create('alice', { members: ['bob', 'carol'] })
  const act = fc.record({
    who: fc.constantFrom('alice', 'bob', 'carol'),
    what: fc.constantFrom('add', 'remove', 'delete'),
    emoji: fc.constantFrom('👍', '🎉'),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { maxLength: 6 }),
      fc.array(act, { minLength: 1, maxLength: 12 }),
      async (before, at) => {
        const message = await backend.send('alice', room, 'hello')
        const run = ({ who, what, emoji }: { who: string; what: string; emoji: string }): Promise<string> => {
          const input = { messageId: message.id, emoji }
          if (what === 'add') return codeOf(backend.run(addReaction, who, input))
          if (what === 'remove') return codeOf(backend.run(removeReaction, who, input))
          return codeOf(backend.run(deleteMessage, 'alice', input))
        }
        for (const one of before) if (one.what !== 'delete') await run(one)
        const codes = await Promise.all([...at, { who: 'alice', what: 'delete', emoji: '' }].map(run))
        const first = at.findIndex(({ what }) => what === 'delete')
        const after = at.map(({ what }, index) =>
          first >= 0 && index > first && what !== 'delete' ? 'MESSAGE_DELETED' : 'OK',
        )
        expect(codes).toEqual([...after, 'OK'])
        expect(await whoReacted(backend, message)).toEqual(noReactions)
      },
    ),
    { numRuns: 40 },
  )
})

const sent = { replyToId: null, metadata: null, clientMessageId: 'key' }
const content = (text: string) => ({ text, format: 'PLAIN' as const })

it.each(['deleted', 'edited', 'edited and deleted'])(
  'the key of a message that was %s still knows what it was sent with, and no more than that',
  async what => {
    await using backend = await Backend.open()
    const room = await backend.create('alice')
    const input = { ...sent, conversationId: room.id, content: content('the first text') }
    const { id: messageId, sentFingerprint } = await backend.run(sendMessage, 'alice', input)
    expect(sentFingerprint).toBeGreaterThan(65_535)
    if (what !== 'deleted')
      await backend.run(updateMessage, 'alice', { messageId, content: content('another'), expectedVersion: null })
    if (what !== 'edited') await backend.run(deleteMessage, 'alice', { messageId })
    const again = await backend.run(sendMessage, 'alice', input)
    expect(again).toMatchObject({ id: messageId, version: what === 'edited and deleted' ? 3 : 2 })
    expect(again.deletedAt === null).toBe(what === 'edited')
    // 16 bits: a guess that fits says next to nothing.
    expect(again.sentFingerprint).toBe((sentFingerprint ?? 0) % 65_536)
    for (const other of [
      { ...input, content: content('the second text') },
      { ...input, content: content('another') },
      { ...input, metadata: { colour: 'red' } },
      { ...input, content: { ...input.content, format: 'MARKDOWN' as const } },
    ])
      expect(await codeOf(backend.run(sendMessage, 'alice', other))).toBe('CONFLICT')
    expect(await backend.reading('alice').conversation(room.id)).toMatchObject({
      lastSequence: what === 'edited and deleted' ? 5 : 4,
    })
  },
)

it('a message that 20,000 have reacted to goes with all of them, and the event loop has its turns meanwhile', async () => {
  await using backend = await Backend.open()
  const room = await backend.create('alice')
  const message = await backend.send('alice', room, 'hello')
  const reactionsAdded = Array.from({ length: 20_000 }, (_, index) => ({
    ...{ conversationId: room.id, messageId: message.id, emoji: '👍', createdAt: 1 },
    ...{ userId: user(`user-${index}`), sequence: index + 10 },
  }))
  {
    await using batch = await backend.store.begin([])
    await batch.commit({ ...noChanges, reactionsAdded })
  }
  let turns = 0
  const count = (): void => {
    turns += 1
    if (turns > 0) setImmediate(count)
  }
  setImmediate(count)
  await backend.run(deleteMessage, 'alice', { messageId: message.id })
  const counted = turns
  turns = Number.NEGATIVE_INFINITY
  // A turn for each piece of a thousand, at least.
  expect(counted).toBeGreaterThanOrEqual(20)
  expect(await whoReacted(backend, message)).toEqual(noReactions)
})
