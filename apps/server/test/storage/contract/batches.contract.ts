import { directPairOf, type Needs } from '@cpc-messenger/messenger'
import { expect, test } from 'vitest'
import { conversationId, messageId, userId } from '../named-ids.ts'
import { noChanges, Scribe } from '../scribe.ts'
import type { OpenHarness } from './store-harness.ts'

const ann = userId('ann')
const bob = userId('bob')
const eve = userId('eve')

const loadingContract = (open: OpenHarness): void => {
  test('a batch loads what its commands need, each row once, and leaves out what does not exist', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    await scribe.user(ann)
    const group = await scribe.create({ members: [ann, bob] })
    const other = await scribe.create({ members: [eve], key: 'lobby' })
    const message = await scribe.send(group, ann, 'hello', 'client-1')
    const reaction = await scribe.react(message, bob, '👍')
    const needs: Needs = {
      conversations: [group, conversationId(999)],
      messages: [message.id, messageId(999)],
      memberships: [ann, eve],
      users: [ann, eve],
      reactions: [reaction, { messageId: message.id, emoji: '👎', userId: ann }],
      sent: [{ conversationId: group, authorId: ann, clientMessageId: 'client-1' }],
      conversationKeys: ['lobby', 'nowhere'],
    }
    await using batch = await harness.store.begin([needs, needs])
    const { rows } = batch
    expect(new Set(rows.conversations.map(row => row.id))).toEqual(new Set([group, other]))
    expect(rows.conversations).toHaveLength(2)
    expect(rows.messages).toEqual([{ ...message, changedSequence: reaction.sequence }])
    expect(rows.memberships.map(row => row.userId)).toEqual([ann])
    expect(rows.users.map(row => row.id)).toEqual([ann])
    expect(rows.reactions).toEqual([reaction])
    expect(rows.emojiCounts).toEqual([{ messageId: message.id, emoji: '👍', count: 1 }])
    expect(rows.idempotencyKeys).toEqual([])
  })

  test('memberships are loaded in the conversations of their own command only', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const one = await scribe.create({ members: [ann, bob] })
    const two = await scribe.create({ members: [ann, bob] })
    const inTwo = await scribe.send(two, bob, 'here')
    await using batch = await harness.store.begin([
      { conversations: [one], memberships: [ann] },
      { messages: [inTwo.id], memberships: [bob] },
    ])
    expect(batch.rows.memberships.map(row => [row.conversationId, row.userId])).toEqual([
      [one, ann],
      [two, bob],
    ])
    expect(batch.rows.conversations.map(row => row.id).toSorted()).toEqual([one, two])
  })

  test('a direct pair and an idempotency key name a conversation of their command', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const direct = await scribe.create({ kind: 'DIRECT', members: [ann, bob] })
    const group = await scribe.create({ members: [ann, eve] })
    await scribe.write({ idempotencyKeys: [{ userId: ann, key: 'once', conversationId: group }] })
    await using batch = await harness.store.begin([
      { directPairs: [directPairOf(bob, ann)], memberships: [bob] },
      { idempotencyKeys: [{ userId: ann, key: 'once' }], memberships: [eve] },
    ])
    expect(batch.rows.conversations.map(row => row.id).toSorted()).toEqual([direct, group])
    expect(batch.rows.memberships.map(row => row.userId).toSorted()).toEqual([bob, eve])
    expect(batch.rows.idempotencyKeys).toEqual([{ userId: ann, key: 'once', conversationId: group }])
  })

  test('memberships that have ended are loaded too', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const leftSequence = await scribe.leave(group, bob)
    await using batch = await harness.store.begin([{ conversations: [group], memberships: [bob] }])
    expect(batch.rows.memberships).toMatchObject([{ userId: bob, leftSequence }])
  })
}

const writingContract = (open: OpenHarness): void => {
  test('a batch that is disposed of without a commit leaves nothing, and the next one goes on', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    {
      await using _undone = await harness.store.begin([{ conversations: [group] }])
    }
    await scribe.send(group, ann, 'after')
    expect(await harness.store.latest.log.heads([group])).toEqual([{ conversationId: group, head: 2 }])
  })

  test('a commit that breaks a unique rule is rejected whole', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    await scribe.send(group, ann, 'first', 'same')
    const before = scribe.conversation(group)
    const { message, event } = scribe.draft(group, ann, 'second', 'same')
    const changes = {
      ...noChanges,
      users: [await scribe.user(ann)].map(user => ({ ...user, displayName: 'never written' })),
      messages: [message],
      events: [event],
      conversations: [scribe.conversation(group)],
    }
    await using batch = await harness.store.begin([])
    await expect(batch.commit(changes)).rejects.toThrow()
    const { latest } = harness.store
    expect(await latest.messages.byIds([message.id])).toEqual([])
    expect(await latest.users.byIds([ann])).toMatchObject([{ displayName: 'ann' }])
    expect(await latest.conversations.byIds([group])).toEqual([before])
    await scribe.write({ conversations: [before] })
  })

  test('one client message id is free for each author and each conversation', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const other = await scribe.create({ members: [ann, bob] })
    await scribe.send(group, ann, 'one', 'key')
    await scribe.send(group, bob, 'two', 'key')
    await scribe.send(other, ann, 'three', 'key')
    await scribe.send(group, ann, 'four')
    await scribe.send(group, ann, 'five')
    await expect(scribe.send(group, ann, 'six', 'key')).rejects.toThrow()
  })

  test('a second conversation of the same pair, or of the same key, is rejected', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    await scribe.create({ kind: 'DIRECT', members: [ann, bob] })
    await scribe.create({ members: [ann], key: 'lobby' })
    await expect(scribe.create({ kind: 'DIRECT', members: [bob, ann] })).rejects.toThrow()
    await expect(scribe.create({ members: [bob], key: 'lobby' })).rejects.toThrow()
  })

  test('a row of a known id replaces what is stored', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    const sent = await scribe.send(group, ann, 'hello')
    const edited = await scribe.edit(sent, 'hello there')
    expect(await harness.store.latest.messages.byIds([sent.id])).toEqual([edited])
    const deleted = await scribe.delete(edited)
    expect(await harness.store.latest.messages.byIds([sent.id])).toEqual([deleted])
    await scribe.rename(group, 'the group')
    expect(await harness.store.latest.conversations.byIds([group])).toEqual([scribe.conversation(group)])
  })

  test('a reaction that is removed and added in one batch exists once, with its new sequence', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const message = await scribe.send(group, ann, 'hello')
    const reaction = await scribe.react(message, bob, '🎉')
    await scribe.write({ reactionsRemoved: [reaction], reactionsAdded: [{ ...reaction, sequence: 9 }] })
    expect(await harness.store.latest.reactions.page({ messageId: message.id, limit: 10 })).toEqual([
      { ...reaction, sequence: 9 },
    ])
    expect(await harness.store.latest.reactions.summaries([message.id])).toMatchObject([{ count: 1 }])
  })

  test('batches run one at a time', async () => {
    await using harness = await open()
    const first = await harness.store.begin([])
    let begun = false
    const second = harness.store.begin([]).then(batch => {
      begun = true
      return batch
    })
    await new Promise(resolve => setImmediate(resolve))
    expect(begun).toBe(false)
    await first[Symbol.asyncDispose]()
    await using _batch = await second
    expect(begun).toBe(true)
  })

  test('a deleted conversation ends all of its active memberships and no others', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob, eve] })
    const kept = await scribe.create({ members: [ann] })
    const left = await scribe.leave(group, eve)
    const ended = await scribe.deleteConversation(group)
    const memberships = await harness.store.latest.members.byPairs(
      [ann, bob, eve].map(user => ({ conversationId: group, userId: user })),
    )
    expect(new Map(memberships.map(row => [row.userId, row.leftSequence]))).toEqual(
      new Map([
        [ann, ended],
        [bob, ended],
        [eve, left],
      ]),
    )
    const [inbox] = await harness.store.latest.inbox.ofUsers([ann])
    expect(inbox?.conversations.map(row => row.conversationId)).toEqual([kept])
  })

  test('everything is there after a restart, under the same epoch', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob], name: 'Größe ≠ 0' })
    const message = await scribe.send(group, ann, 'a “quoted” 🧑‍🚀 text', 'client')
    await scribe.react(message, bob, '👩‍👩‍👧')
    const { epoch } = harness.store
    const before = await harness.store.latest.log.page({ conversationId: group, after: 0, limit: 100 })
    const again = await harness.reopen()
    expect(again.epoch).toBe(epoch)
    expect(await again.latest.log.page({ conversationId: group, after: 0, limit: 100 })).toEqual(before)
    expect(await again.latest.conversations.byIds([group])).toEqual([scribe.conversation(group)])
  })
}

const purgingContract = (open: OpenHarness): void => {
  test('purging erases what a deleted conversation held but for its last event, in bounded steps', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const gone = await scribe.create({ members: [ann, bob], name: 'secret' })
    const messages = await scribe.sendMany(gone, ann, 20)
    for (const message of messages.slice(0, 3)) await scribe.react(message, bob, '👍')
    const [first] = messages
    if (first !== undefined) await scribe.edit(first, 'edited')
    const kept = await scribe.create({ members: [ann] })
    const keptMessage = await scribe.send(kept, ann, 'stays')
    const head = await scribe.deleteConversation(gone)
    const steps: number[] = []
    for (let erased = 1; erased > 0; steps.push(erased)) erased = await harness.store.purge(10)
    expect(Math.max(...steps)).toBeLessThanOrEqual(10)
    // 20 messages, 3 reactions, their count on 3 messages, 1 revision, all events but the last.
    expect(steps.reduce((sum, step) => sum + step)).toBe(20 + 3 + 3 + 1 + head - 1)
    const { latest } = harness.store
    expect(await latest.messages.byIds(messages.map(message => message.id))).toEqual([])
    expect(await latest.reactions.summaries(messages.map(message => message.id))).toEqual([])
    const page = await latest.log.page({ conversationId: gone, after: 0, limit: 100, viewerId: ann })
    expect(page).toMatchObject({ head, member: false, events: [{ type: 'ConversationDeleted', sequence: head }] })
    expect(await latest.conversations.byIds([gone])).toMatchObject([{ id: gone, name: null, lastSequence: head }])
    expect(await latest.messages.byIds([keptMessage.id])).toEqual([keptMessage])
    expect(await harness.store.purge(10)).toBe(0)
  })
}

export const batchesContract = (open: OpenHarness): void => {
  loadingContract(open)
  writingContract(open)
  purgingContract(open)
}
