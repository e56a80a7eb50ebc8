import { setTimeout as delay } from 'node:timers/promises'
import { type ConversationId, fingerprint, type MessageStore } from '@cpc-messenger/messenger'
import { expect, test } from 'vitest'
import { createConversation } from '../../../src/services/commands/conversations.ts'
import { addMembers } from '../../../src/services/commands/members.ts'
import { sendMessage, updateMessage } from '../../../src/services/commands/messages.ts'
import { actor, user } from '../../backend.ts'
import { committerOver, group, message, sendPoison } from './commands.ts'
import { openPostgresHarness } from './harness.ts'

const nodes = async (over: (store: MessageStore) => MessageStore = store => store) => {
  const harness = await openPostgresHarness()
  const other = await harness.other()
  const node = committerOver(over(harness.store))
  const create = async () => (await node.run(createConversation, group, actor('ann'))).id
  const send = (conversationId: ConversationId, text: string) =>
    node.run(sendMessage, { conversationId, ...message(text) }, actor('ann'))
  return { node, other, create, send, [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose]() }
}

const ascending = (numbers: readonly number[]) =>
  expect(numbers).toEqual(numbers.toSorted((one, another) => one - another))

test('commands keep their order, those that find their conversation held and those that come meanwhile', async () => {
  await using setup = await nodes()
  const room = await setup.create()
  for (let round = 0; round < 10; round += 1) {
    const holding = await setup.other.begin([{ conversations: [room] }])
    const sent = []
    for (let turn = 0; turn < 20; turn += 1) {
      for (let index = 0; index < 4; index += 1) sent.push(setup.send(room, `${round} ${turn} ${index}`))
      await delay(1)
    }
    await holding[Symbol.asyncDispose]()
    ascending((await Promise.all(sent)).map(({ sequence }) => sequence))
  }
})

test('what waits for a name that another node holds is not overtaken in its conversation', async () => {
  await using setup = await nodes()
  const room = await setup.create()
  const holding = await setup.other.begin([{ users: [user('carl')] }])
  const added = setup.node.run(addMembers, { conversationId: room, userIds: [user('carl')] }, actor('ann'))
  const sent = [setup.send(room, 'at once'), delay(5).then(() => setup.send(room, 'a moment later'))]
  await delay(50)
  await holding[Symbol.asyncDispose]()
  const [joined] = await added
  ascending([joined?.joinedSequence ?? 0, ...(await Promise.all(sent)).map(({ sequence }) => sequence)])
  expect(joined?.joinedSequence).toBeGreaterThan(0)
})

test('an edit of a message whose conversation has to be looked up is not overtaken by what its user does next', async () => {
  await using setup = await nodes()
  const room = await setup.create()
  const { id } = await setup.send(room, 'hello')
  for (let round = 0; round < 10; round += 1) {
    const node = committerOver(setup.other)
    const content = { text: `edited ${round}`, format: 'PLAIN' } as const
    const edited = node.run(updateMessage, { messageId: id, content, expectedVersion: null }, actor('ann'))
    const sent = node.run(sendMessage, { conversationId: room, ...message('after') }, actor('ann'))
    const absent = { messageId: `${id.slice(0, -1)}0` as typeof id, content, expectedVersion: null }
    const failed = node.run(updateMessage, absent, actor('ann')).catch((error: unknown) => error)
    const last = node.run(sendMessage, { conversationId: room, ...message('last') }, actor('ann'))
    ascending([(await edited).changedSequence, (await sent).sequence, (await last).sequence])
    expect(await failed).toMatchObject({ code: 'NOT_FOUND' })
  }
})

test('where a failed batch is run one by one, what finds its conversation held is not overtaken either', async () => {
  let begun = 0
  let beforeBegin = async (_number: number): Promise<void> => undefined
  await using setup = await nodes(store => {
    const begin: MessageStore['begin'] = async (needs, options) => {
      begun += 1
      await beforeBegin(begun)
      return store.begin(needs, options)
    }
    return new Proxy(store, {
      get: (target, name) => {
        if (name === 'begin') return begin
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  })
  const rooms = await Promise.all(Array.from({ length: 9 }, () => setup.create()))
  // Two of one lane, so that they share a batch.
  const laneOf = (id: ConversationId) => Math.abs(fingerprint(id)) % 2
  const [room, held] = rooms.filter((id, _, [first]) => first !== undefined && laneOf(id) === laneOf(first))
  if (room === undefined || held === undefined) throw new TypeError('no two of one lane')
  begun = 0
  let holding: AsyncDisposable | undefined
  beforeBegin = async number => {
    // The batch, the poison alone, and then the first of the others alone.
    if (number === 3) holding = await setup.other.begin([{ conversations: [held] }])
    if (number === 4) await holding?.[Symbol.asyncDispose]()
  }
  const subject = { conversationId: room, ...message('poison') }
  const poison = setup.node.run(sendPoison, subject, actor('ann')).catch((error: unknown) => error)
  const sent = [setup.send(held, 'one'), setup.send(held, 'two'), setup.send(held, 'three')]
  ascending((await Promise.all(sent)).map(({ sequence }) => sequence))
  expect(await poison).toBeInstanceOf(Error)
  expect(begun).toBeGreaterThanOrEqual(4)
})

test('commands that wait for the locks of a stuck node do not delay others, and fail in the end', async () => {
  await using setup = await nodes()
  const rooms = await Promise.all(Array.from({ length: 12 }, () => setup.create()))
  const [brief, free, ...stuck] = rooms
  if (brief === undefined || free === undefined) throw new TypeError('no room')
  const holding = await setup.other.begin(stuck.map(id => ({ conversations: [id] })))
  const since = performance.now()
  const waiting = stuck.map(async id => {
    const outcome = await setup.send(id, 'held').catch((error: unknown) => error)
    return { outcome, after: performance.now() - since }
  })
  await delay(500)
  const briefly = await setup.other.begin([{ conversations: [brief] }])
  const sentAt = performance.now()
  const [soon, sooner] = [setup.send(brief, 'held for a moment'), setup.send(free, 'not held')]
  await sooner
  expect(performance.now() - sentAt).toBeLessThan(500)
  await delay(50)
  await briefly[Symbol.asyncDispose]()
  await soon
  expect(performance.now() - sentAt).toBeLessThan(1500)
  for (const { outcome, after } of await Promise.all(waiting)) {
    expect(outcome).toMatchObject({ code: 'UNAVAILABLE' })
    expect(after).toBeLessThan(8000)
  }
  await holding[Symbol.asyncDispose]()
}, 20_000)
