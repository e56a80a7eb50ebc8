import { setTimeout as delay } from 'node:timers/promises'
import { directPairOf, Refusal, textOf } from '@cpc-messenger/messenger'
import pg from 'pg'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/infrastructure/clock/system-clock.ts'
import { TypeIdGenerator } from '../../../src/infrastructure/ids/type-id-generator.ts'
import { openPostgresStore } from '../../../src/infrastructure/storage/postgres/message-store.ts'
import { createConversation, updateConversation } from '../../../src/services/commands/conversations.ts'
import { deleteMessage, sendMessage, updateMessage } from '../../../src/services/commands/messages.ts'
import type { Committer } from '../../../src/services/commit/committer.ts'
import { actor, user } from '../../backend.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { findingsInPostgres } from '../findings.ts'
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
  const service = { userId: ann, service: true, administrator: false }
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

test('of edits of one version through two nodes one succeeds, and a deletion through either wins', async () => {
  await using harness = await openPostgresHarness()
  const nodes = [committerOver(harness.store), committerOver(await harness.other())] as const
  const room = await nodes[0].run(createConversation, group, actor('ann'))
  for (let round = 0; round < 5; round += 1) {
    const { id: messageId } = await nodes[0].run(
      sendMessage,
      { conversationId: room.id, ...message('hello') },
      actor('ann'),
    )
    const edits = (expectedVersion: number | null) =>
      Array.from({ length: 50 }, (_, index) => {
        const content = { text: `edit ${index}`, format: 'PLAIN' } as const
        return nodes[index % 2 === 0 ? 0 : 1].run(updateMessage, { messageId, content, expectedVersion }, actor('ann'))
      })
    const [won, lost] = await settledCounts(edits(1))
    expect([won, lost]).toEqual([1, 49])
    const [first, second] = round % 2 === 0 ? nodes : nodes.toReversed()
    const racing = settledCounts(edits(null))
    await Promise.all([first, second].map(node => node?.run(deleteMessage, { messageId }, actor('ann'))))
    await racing
    const [after] = await harness.store.latest.messages.byIds([messageId])
    expect(after).toMatchObject({ content: { kind: 'deleted' }, deletedById: 'ann' })
    const revisions = await harness.store.latest.messages.revisions({ messageId, limit: 200 })
    expect(revisions.map(({ version }) => version)).toEqual(
      Array.from({ length: (after?.version ?? 0) - 1 }, (_, index) => index + 1),
    )
  }
})

test('two nodes erase histories at the same time, while messages are edited and the setting changes', async () => {
  await using harness = await openPostgresHarness()
  const other = await harness.other()
  const node = committerOver(harness.store)
  const room = await node.run(createConversation, group, actor('ann'))
  const change = (historyVisibility: 'NONE' | 'MEMBERS') =>
    node.run(updateConversation, { conversationId: room.id, settings: { historyVisibility } }, actor('ann'))
  const messages = await Promise.all(
    Array.from({ length: 40 }, () =>
      node.run(sendMessage, { conversationId: room.id, ...message('hello') }, actor('ann')),
    ),
  )
  const edit = (text: string) =>
    Promise.all(
      messages.map(({ id: messageId }) =>
        node.run(updateMessage, { messageId, content: { text, format: 'PLAIN' }, expectedVersion: null }, actor('ann')),
      ),
    )
  let isEnded = false
  const erasing = [harness.store, other].map(async store => {
    while (!isEnded) await store.purge(7)
  })
  for (let round = 0; round < 10; round += 1) {
    await edit(`kept ${round}`)
    await change('NONE')
    await edit(`not kept ${round}`)
    await change('MEMBERS')
  }
  await edit('the end')
  isEnded = true
  await Promise.all(erasing)
  while ((await other.purge(7)) > 0) {}
  for (const { id: messageId } of messages) {
    const revisions = await other.latest.messages.revisions({ messageId, limit: 100 })
    expect(revisions.map(({ version, content }) => [version, textOf(content)])).toEqual([[21, 'not kept 9']])
  }
  const client = new pg.Client({ connectionString: harness.url })
  await client.connect()
  const { rows } = await client
    .query('select count(*)::int as count from message_revisions')
    .finally(() => client.end())
  expect(rows).toEqual([{ count: 40 }])
})

test('two nodes erase deleted conversations at the same time, and leave nothing of them', async () => {
  await using harness = await openPostgresHarness()
  const other = await harness.other()
  const scribe = new Scribe(harness.store)
  for (let room = 0; room < 3; room += 1) {
    const id = await scribe.create({ members: [ann, bob] })
    for (const sent of await scribe.sendMany(id, ann, 20))
      await scribe.edit(await scribe.edit(await scribe.edit(sent, 'one'), 'two'), 'three')
    await scribe.deleteConversation(id)
  }
  const erasing = [harness.store, other, harness.store].map(async store => {
    for (let idle = 0; idle < 20; ) idle = (await store.purge(9)) > 0 ? 0 : idle + 1
  })
  await Promise.all(erasing)
  expect(await findingsInPostgres(harness.url)).toEqual([])
  const client = new pg.Client({ connectionString: harness.url })
  await client.connect()
  const { rows } = await client
    .query(`select (select count(*)::int from message_revisions) as revisions, (select count(*)::int from messages) as messages,
      (select count(*)::int from events) as events`)
    .finally(() => client.end())
  expect(rows).toEqual([{ revisions: 0, messages: 0, events: 3 }])
})

const settledCounts = async (commands: readonly Promise<unknown>[]): Promise<readonly [number, number]> => {
  const results = await Promise.allSettled(commands)
  const won = results.filter(({ status }) => status === 'fulfilled').length
  return [won, results.length - won]
}
