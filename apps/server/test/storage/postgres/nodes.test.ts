import { setTimeout as delay } from 'node:timers/promises'
import { directPairOf, Refusal } from '@cpc-messenger/messenger'
import pg from 'pg'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/infrastructure/clock/system-clock.ts'
import { TypeIdGenerator } from '../../../src/infrastructure/ids/type-id-generator.ts'
import { openPostgresStore } from '../../../src/infrastructure/storage/postgres/message-store.ts'
import { createConversation } from '../../../src/services/commands/conversations.ts'
import { sendMessage, updateMessage } from '../../../src/services/commands/messages.ts'
import type { Committer } from '../../../src/services/commit/committer.ts'
import { actor, user } from '../../backend.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { noChanges, Scribe } from '../scribe.ts'
import { committerOver, group, message, sendPoison } from './commands.ts'
import { openPostgresHarness } from './harness.ts'

const ann = user('ann')
const bob = user('bob')

test('what another node holds defers only the commands that need it; with wait they have their turn', async () => {
  await using harness = await openPostgresHarness()
  const scribe = new Scribe(harness.store)
  const held = await scribe.create({ members: [ann] })
  const free = await scribe.create({ members: [ann] })
  const other = await harness.other()
  const needs = [{ conversations: [free] }, { conversations: [held], memberships: [ann] }, { users: [bob] }]
  const waiting = await (async () => {
    await using _holding = await other.begin([{ conversations: [held] }, { users: [bob] }])
    await using batch = await harness.store.begin(needs)
    expect(batch.deferred).toEqual([1, 2])
    expect(batch.rows.conversations.map(({ id }) => id)).toEqual([free])
    return { batch: harness.store.begin([needs[1] ?? {}], { wait: true }), since: await delay(50, performance.now()) }
  })()
  await using batch = await waiting.batch
  expect(batch.deferred).toEqual([])
  expect(batch.rows.conversations.map(({ id }) => id)).toEqual([held])
})

test('a wait has an end: what is still held then is deferred', async () => {
  await using harness = await openPostgresHarness()
  const held = await new Scribe(harness.store).create({ members: [ann] })
  const other = await harness.other()
  await using _holding = await other.begin([{ conversations: [held] }])
  await using batch = await harness.store.begin([{ conversations: [held] }, {}], { wait: true })
  expect(batch.deferred).toEqual([0, 1])
})

test('what does not exist is not deferred, and a conversation found by its pair is locked', async () => {
  await using harness = await openPostgresHarness()
  const scribe = new Scribe(harness.store)
  const direct = await scribe.create({ kind: 'DIRECT', members: [ann, bob] })
  const pair = { directPairs: [directPairOf(ann, bob)], memberships: [bob] }
  await using holding = await harness.store.begin([pair, { directPairs: ['a b'] }])
  expect(holding.deferred).toEqual([])
  const other = await harness.other()
  await using byId = await other.begin([{ conversations: [direct] }])
  expect(byId.deferred).toEqual([0])
  await using byPair = await other.begin([pair])
  expect(byPair.deferred).toEqual([0])
})

test('the same key, pair or clientMessageId through two nodes at one instant makes one', async () => {
  await using harness = await openPostgresHarness()
  const deferred = { count: 0 }
  const nodes = [committerOver(harness.store, deferred), committerOver(await harness.other(), deferred)]
  const both = async <Result>(run: (node: Committer) => Promise<Result>) => await Promise.all(nodes.map(run))
  const room = await nodes[0]?.run(createConversation, group, actor('ann'))
  if (room === undefined) throw new TypeError('no room')
  for (let round = 0; round < 30; round += 1) {
    const input = { ...group, idempotencyKey: `key-${round}` }
    const made = await both(node => node.run(createConversation, input, actor('ann')))
    expect(new Set(made.map(({ id }) => id)).size).toBe(1)
    const direct = { ...group, kind: 'DIRECT', name: null, memberIds: [user(`friend-${round}`)] } as const
    const pairs = await both(node => node.run(createConversation, direct, actor('ann')))
    expect(new Set(pairs.map(({ id }) => id)).size).toBe(1)
    const sends = await both(node =>
      Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          node.run(sendMessage, { conversationId: room.id, ...message('hello', `${round}-${index}`) }, actor('bob')),
        ),
      ),
    )
    expect(new Set(sends.flat().map(({ id }) => id)).size).toBe(20)
  }
  const keyed = { ...group, key: 'lobby' }
  const service = { userId: ann, service: true }
  const outcomes = await Promise.allSettled(nodes.map(node => node.run(createConversation, keyed, service)))
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(outcomes.find(outcome => outcome.status === 'rejected')?.reason).toMatchObject({ code: 'CONFLICT' })
  expect(await harness.store.latest.log.heads([room.id])).toEqual([
    { conversationId: room.id, head: room.lastSequence + 600 },
  ])
  expect(deferred.count).toBeGreaterThan(0)
})

test('commands of one conversation keep their order, also where another node is at it all the time', async () => {
  await using harness = await openPostgresHarness()
  const [one, other] = [committerOver(harness.store), committerOver(await harness.other())]
  const room = await one.run(createConversation, group, actor('ann'))
  const send = (node: Committer, name: string, text: string) =>
    node.run(sendMessage, { conversationId: room.id, ...message(text) }, actor(name))
  const sent = await Promise.all(
    Array.from({ length: 300 }, async (_, index) => {
      await delay(index % 20)
      return Promise.all([
        send(one, 'ann', `a${index}`),
        send(other, 'bob', `b${index}`),
        send(one, 'ann', `c${index}`),
      ])
    }),
  )
  for (const [first, , third] of sent) expect(first.sequence).toBeLessThan(third.sequence)
  expect(new Set(sent.flat().map(({ sequence }) => sequence)).size).toBe(900)
  expect(await harness.store.latest.log.heads([room.id])).toEqual([
    { conversationId: room.id, head: room.lastSequence + 900 },
  ])
})

test('an edit is run with the commands of its conversation, and is NOT_FOUND for an unknown message', async () => {
  await using harness = await openPostgresHarness()
  const [one, other] = [committerOver(harness.store), committerOver(await harness.other())]
  const room = await one.run(createConversation, group, actor('ann'))
  const { id } = await one.run(sendMessage, { conversationId: room.id, ...message('hello') }, actor('ann'))
  const edit = (text: string) => ({ messageId: id, content: { text, format: 'PLAIN' } as const, expectedVersion: null })
  const edited = await other.run(updateMessage, edit('hello there'), actor('ann'))
  expect(edited).toMatchObject({ version: 2, content: { text: 'hello there' } })
  expect(await one.run(updateMessage, edit('hello again'), actor('ann'))).toMatchObject({ version: 3 })
  const absent = new TypeIdGenerator(systemClock).messageId()
  await expect(one.run(updateMessage, { ...edit('?'), messageId: absent }, actor('ann'))).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
})

test('a command that the database rejects fails alone', async () => {
  await using harness = await openPostgresHarness()
  const node = committerOver(harness.store)
  const room = await node.run(createConversation, group, actor('ann'))
  const outcomes = await Promise.allSettled([
    node.run(sendMessage, { conversationId: room.id, ...message('one') }, actor('ann')),
    node.run(sendPoison, { conversationId: room.id, ...message('two') }, actor('ann')),
    node.run(sendMessage, { conversationId: room.id, ...message('three') }, actor('ann')),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(outcomes[1]).not.toMatchObject({ reason: expect.any(Refusal) })
  expect(await harness.store.latest.log.heads([room.id])).toEqual([
    { conversationId: room.id, head: room.lastSequence + 2 },
  ])
})

test('a mark that was taken while a commit was on its way does not cover it', async () => {
  await using harness = await openPostgresHarness()
  const scribe = new Scribe(harness.store)
  const slow = await scribe.create({ members: [ann] })
  const quick = await scribe.create({ members: [ann] })
  const other = await harness.other()
  const { message: late, event } = scribe.draft(slow, ann, 'late')
  const batch = await other.begin([{ conversations: [slow] }])
  await scribe.send(quick, ann, 'quick')
  const { mark, ahead } = await harness.store.latest.inbox.markOf(ann)
  expect(await harness.store.latest.inbox.mark()).toBe(mark)
  expect(ahead).toEqual([{ conversationId: quick, sequence: 2 }])
  expect((await harness.store.latest.inbox.ofUsers([ann]))[0]).toMatchObject({ mark, ahead })
  await batch.commit({ ...noChanges, messages: [late], events: [event], conversations: [scribe.conversation(slow)] })
  const [changes] = await harness.store.latest.inbox.changesSince([{ userId: ann, since: mark }])
  expect(changes?.changed).toContainEqual({ conversationId: slow, after: event.sequence - 1 })
  const { mark: settled, ahead: none } = await harness.store.latest.inbox.markOf(ann)
  expect(none).toEqual([])
  expect((await harness.store.latest.inbox.changesSince([{ userId: ann, since: settled }]))[0]?.changed).toEqual([])
})

test('a leave that a mark does not cover is returned beside the mark', async () => {
  await using harness = await openPostgresHarness()
  const scribe = new Scribe(harness.store)
  const slow = await scribe.create({ members: [ann] })
  const group = await scribe.create({ members: [bob, ann] })
  const earlier = await scribe.create({ members: [bob, ann] })
  await scribe.leave(earlier, ann)
  const other = await harness.other()
  await using _open = await other.begin([{ conversations: [slow] }])
  await scribe.leave(group, ann)
  await scribe.send(group, bob, 'without ann')
  await scribe.send(earlier, bob, 'without ann')
  const ahead = [{ conversationId: group, sequence: 3 }]
  expect((await harness.store.latest.inbox.markOf(ann)).ahead).toEqual(ahead)
  expect((await harness.store.latest.inbox.ofUsers([ann]))[0]?.ahead).toEqual(ahead)
})

test('nodes that start at once on a new database make one schema and one epoch', async () => {
  await using database = await freshDatabase()
  const stores = await Promise.all(Array.from({ length: 5 }, () => openPostgresStore({ url: database.url })))
  expect(new Set(stores.map(({ epoch }) => epoch)).size).toBe(1)
  for (const store of stores) await store[Symbol.asyncDispose]()
})

test('a node that starts while another one changes the schema waits for it, however long that takes', async () => {
  await using database = await freshDatabase()
  await using store = await openPostgresStore({ url: database.url })
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    await client.query('begin; lock table meta in access exclusive mode')
    const opening = openPostgresStore({ url: database.url })
    // Longer than anything waits for a lock while it serves.
    await delay(4000)
    await client.query('commit')
    await using opened = await opening
    expect(opened.epoch).toBe(store.epoch)
  } finally {
    await client.end()
  }
}, 20_000)
