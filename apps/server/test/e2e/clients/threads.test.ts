import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../../support/until.ts'
import { Team } from '../server/team.ts'

let team: Team
beforeAll(async () => {
  team = await Team.start()
})
afterAll(() => team[Symbol.asyncDispose]())

const replyDocument = `mutation ($conversationId: ID!, $root: ID!, $text: String!, $both: Boolean!) {
  sendMessage(input: { conversationId: $conversationId, threadRootId: $root, alsoInConversation: $both
    content: { text: { text: $text } } }) {
    message { id sequence alsoInConversation threadRoot { id } thread { id } } } }`

const reply = async (who: 'alice' | 'bob', root: string, text: string, both = false) => {
  const variables = { conversationId: team.room, root, text, both }
  const { sendMessage } = await team.ask<{ sendMessage: { message: { id: string; sequence: number } } }>(
    who,
    replyDocument,
    variables,
  )
  return sendMessage.message
}

const remove = (who: 'alice' | 'bob', messageId: string) =>
  team.ask(who, 'mutation ($messageId: ID!) { deleteMessage(input: { messageId: $messageId }) { message { id } } }', {
    messageId,
  })

interface ThreadAnswer {
  readonly id: string
  readonly replyCount: number
  readonly unreadCount: number
  readonly unreadMentionCount: number
  readonly viewerFollows: boolean
  readonly participants: { readonly edges: readonly { readonly node: { readonly id: string } }[] }
  readonly messages: { readonly edges: readonly { readonly node: { readonly content: { readonly text: string } } }[] }
}

const threadFields = `id replyCount unreadCount unreadMentionCount viewerFollows
  participants { edges { node { id } } } messages { edges { node { content { text } } } }`

const threadOf = async (who: 'alice' | 'bob', messageId: string) => {
  const { message } = await team.ask<{ message: { thread: ThreadAnswer } }>(
    who,
    `query ($messageId: ID!) { message(id: $messageId) { thread { ${threadFields} } } }`,
    { messageId },
  )
  return message.thread
}

it('a thread is read, followed and counted alike by every device, on every node', async () => {
  const root = await team.send('alice', 'a question')
  const first = await reply('bob', root.id, 'an answer, <@alice>')
  await reply('bob', root.id, 'and another', true)
  expect(await threadOf('alice', root.id)).toMatchObject({
    id: root.id.replace('msg_', 'thr_'),
    replyCount: 2,
    unreadCount: 1,
    unreadMentionCount: 1,
    viewerFollows: true,
    participants: { edges: [{ node: { id: 'bob' } }] },
    messages: {
      edges: [{ node: { content: { text: 'an answer, <@alice>' } } }, { node: { content: { text: 'and another' } } }],
    },
  })
  await team.ask(
    'alice',
    'mutation ($root: ID!, $sequence: Int!) { markThreadRead(input: { rootMessageId: $root, sequence: $sequence }) { thread { unreadCount } } }',
    { root: root.id, sequence: first.sequence },
  )
  expect(await threadOf('alice', root.id)).toMatchObject({ unreadCount: 0, unreadMentionCount: 0 })
  await remove('bob', first.id)
  expect(await threadOf('bob', root.id)).toMatchObject({ replyCount: 1, viewerFollows: true })
  const { viewer, node } = await team.ask<{
    viewer: { threads: { edges: { node: ThreadAnswer }[] }; mentions: { edges: { node: { id: string } }[] } }
    node: { replyCount: number }
  }>(
    'alice',
    `query ($id: ID!) { viewer { threads { edges { node { ${threadFields} } } } mentions { edges { node { id } } } }
      node(id: $id) { ... on Thread { replyCount } } }`,
    { id: root.id.replace('msg_', 'thr_') },
  )
  expect(viewer.threads.edges[0]?.node).toMatchObject({ replyCount: 1 })
  expect(viewer.mentions.edges.map(edge => edge.node.id)).not.toContain(first.id)
  expect(node).toEqual({ replyCount: 1 })
})

it('its events come alone over both protocols, replayed and live, and no others', async () => {
  const root = await team.send('alice', 'another question')
  const first = await reply('bob', root.id, 'one')
  await team.send('alice', 'beside it')
  await using plain = await team.plain('alice')
  plain.send({ type: 'SubscribeThread', rootMessageId: root.id, after: 0, id: 'thread' })
  expect(await plain.frame('Subscribed')).toMatchObject({ rootMessageId: root.id, conversationId: team.room })
  const act = async (): Promise<void> => {
    await team.send('bob', 'beside it again')
    const second = await reply('alice', root.id, 'two', true)
    await team.ask(
      'bob',
      'mutation ($id: ID!) { addReaction(input: { messageId: $id, emoji: "👍" }) { message { id } } }',
      { id: second.id },
    )
    await remove('bob', first.id)
    await team.ask(
      'alice',
      'mutation ($id: ID!) { updateMessage(input: { messageId: $id, content: { text: { text: "the question" } } }) { message { id } } }',
      { id: root.id },
    )
  }
  const expected = [
    'MessageCreated',
    'MessageCreated',
    'MessageCreated',
    'ReactionAdded',
    'MessageDeleted',
    'MessageUpdated',
  ]
  const items = await team.collect<{ threadEvents: { __typename: string; sequence: number } }>(
    'bob',
    'subscription ($id: ID!) { threadEvents(rootMessageId: $id, after: 0) { __typename ... on ConversationEvent { sequence } } }',
    { id: root.id },
    got => got.some(item => item.threadEvents.__typename === 'MessageUpdated'),
    act,
  )
  const events = items.map(item => item.threadEvents).filter(event => event.__typename !== 'StreamPosition')
  expect(events.map(event => event.__typename)).toEqual(expected)
  await plain.frame('MessageUpdated')
  const frames = plain.frames.filter(frame => frame.occurredAt !== undefined)
  expect(frames.map(frame => frame.type)).toEqual(expected)
  expect(frames.map(frame => frame.sequence)).toEqual(events.map(event => event.sequence))
  // From the store, with every index that serves it.
  await using again = await team.plain('bob')
  again.send({ type: 'SubscribeThread', rootMessageId: root.id, after: 0 })
  await until(
    () => again.frames.filter(frame => frame.occurredAt !== undefined).length === expected.length,
    'the whole thread',
  )
  expect(again.frames.flatMap(frame => (frame.occurredAt === undefined ? [] : [frame.sequence]))).toEqual(
    events.map(event => event.sequence),
  )
  again.send({ type: 'UnsubscribeThread', rootMessageId: root.id, id: 'out' })
  expect(await again.frame('Unsubscribed')).toMatchObject({ rootMessageId: root.id, reason: 'CLIENT' })
})

it('a thread is refused to who may not see it, and a reply is not a root', async () => {
  const root = await team.send('alice', 'not for eve')
  const answer = await reply('bob', root.id, 'a reply')
  const refusals: readonly (readonly ['alice' | 'eve', string, string])[] = [
    ['eve', root.id, 'NOT_FOUND'],
    ['alice', answer.id, 'BAD_USER_INPUT'],
  ]
  for (const [who, id, code] of refusals) {
    await using client = await team.plain(who)
    client.send({ type: 'SubscribeThread', rootMessageId: id, id: 'x' })
    expect(await client.frame('Error')).toMatchObject({ code, id: 'x' })
  }
})
