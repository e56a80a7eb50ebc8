import type { ConversationId, LogMembership, LogPageRequest, UserId } from '@cpc-messenger/messenger'
import { expect, test } from 'vitest'
import { conversationId, userId } from '../named-ids.ts'
import { Scribe } from '../scribe.ts'
import type { OpenHarness } from './store-harness.ts'

const ann = userId('ann')
const bob = userId('bob')
const eve = userId('eve')

const pagesContract = (open: OpenHarness): void => {
  test('a log page holds the events after a sequence, the head, and the rows as they are now', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const sent = await scribe.send(group, ann, 'hello')
    const edited = await scribe.edit(sent, 'hello there')
    const reaction = await scribe.react(edited, bob, '👋')
    const renamed = await scribe.rename(group, 'ours')
    const { latest } = harness.store
    const page = await latest.log.page({ conversationId: group, after: 2, limit: 100 })
    expect(page.events.map(event => [event.sequence, event.type])).toEqual([
      [3, 'MessageCreated'],
      [4, 'MessageUpdated'],
      [5, 'ReactionAdded'],
      [renamed, 'ConversationUpdated'],
    ])
    expect(page.events[2]).toMatchObject({ emoji: '👋', userId: bob, reactedAt: reaction.createdAt })
    expect(page.rows.messages).toEqual([{ ...edited, changedSequence: reaction.sequence }])
    expect(page.rows.conversations).toEqual([scribe.conversation(group)])
    expect(page).toMatchObject({ head: renamed, member: true })
    const first = await latest.log.page({ conversationId: group, after: 0, limit: 2 })
    expect(first.events.map(event => event.type)).toEqual(['MemberJoined', 'MemberJoined'])
    expect(first.rows.memberships.map(row => row.userId).toSorted()).toEqual([ann, bob])
    expect(first.head).toBe(renamed)
    const end = await latest.log.page({ conversationId: group, after: renamed, limit: 10 })
    expect(end).toEqual({
      events: [],
      rows: { messages: [], memberships: [], conversations: [] },
      head: renamed,
      member: true,
    })
  })

  test('a page of one message holds only its reactions', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const one = await scribe.send(group, ann, 'one')
    const two = await scribe.send(group, ann, 'two')
    const thumb = await scribe.react(one, bob, '👍')
    await scribe.react(two, bob, '👎')
    await scribe.edit(one, 'one more')
    await scribe.unreact(one, thumb)
    const request: LogPageRequest = {
      conversationId: group,
      after: 0,
      limit: 10,
      filter: { kind: 'reactions', messageId: one.id },
      viewerId: bob,
    }
    const page = await harness.store.latest.log.page(request)
    expect(page.events.map(event => event.type)).toEqual(['ReactionAdded', 'ReactionRemoved'])
    expect(page.rows.messages.map(message => message.id)).toEqual([one.id])
    const next = await harness.store.latest.log.page({ ...request, after: thumb.sequence })
    expect(next.events.map(event => event.type)).toEqual(['ReactionRemoved'])
  })
}

const membershipContract = (open: OpenHarness): void => {
  test('a user who left gets the event that ended their membership and nothing else, filtered or not', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const message = await scribe.send(group, ann, 'hello')
    await scribe.react(message, ann, '👍')
    const left = await scribe.leave(group, bob)
    await scribe.send(group, ann, 'without bob')
    const { latest } = harness.store
    for (const reactionsTo of [{}, { reactionsTo: message.id }]) {
      const request = { conversationId: group, limit: 10, viewerId: bob, ...reactionsTo }
      const page = await latest.log.page({ ...request, after: 2 })
      expect(page).toMatchObject({ member: false, head: left + 1, events: [{ type: 'MemberLeft', sequence: left }] })
      expect(page.events).toHaveLength(1)
      expect(page.rows.messages).toEqual([])
      expect(await latest.log.page({ ...request, after: left })).toMatchObject({ member: false, events: [] })
    }
  })

  test('a user who joined again is a member and reads the whole log', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    await scribe.leave(group, bob)
    await scribe.send(group, ann, 'meanwhile')
    await scribe.join(group, bob)
    const page = await harness.store.latest.log.page({ conversationId: group, after: 2, limit: 10, viewerId: bob })
    expect(page.member).toBe(true)
    expect(page.events.map(event => event.type)).toEqual(['MemberLeft', 'MessageCreated', 'MemberJoined'])
  })

  test('a user who never was a member gets no event, and an unknown conversation has no members', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    const { latest } = harness.store
    const foreign = await latest.log.page({ conversationId: group, after: 0, limit: 10, viewerId: eve })
    expect(foreign).toMatchObject({ member: false, events: [], head: 1 })
    const none = { conversationId: conversationId(999), after: 0, limit: 10 }
    expect(await latest.log.page({ ...none, viewerId: eve })).toMatchObject({ member: false, events: [], head: 0 })
    expect(await latest.log.page(none)).toMatchObject({ events: [], head: 0 })
  })

  test('heads and memberships are read for a set of pairs of a conversation and a user', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const other = await scribe.create({ members: [bob] })
    const left = await scribe.leave(group, bob)
    const deleted = await scribe.create({ members: [ann] })
    const head = await scribe.deleteConversation(deleted)
    const pair = (id: ConversationId, user: UserId) => ({ conversationId: id, userId: user })
    const logMemberships = await harness.store.latest.log.memberships([
      ...[pair(group, ann), pair(group, bob), pair(group, eve), pair(group, ann)],
      ...[pair(other, bob), pair(deleted, ann), pair(conversationId(999), ann)],
    ])
    const byPair = (one: LogMembership, two: LogMembership) =>
      `${one.conversationId} ${one.userId}` < `${two.conversationId} ${two.userId}` ? -1 : 1
    expect(logMemberships.toSorted(byPair)).toEqual(
      [
        { ...pair(group, ann), head: left, member: true },
        { ...pair(group, bob), head: left, member: false },
        { ...pair(group, eve), head: left, member: false },
        { ...pair(other, bob), head: 1, member: true },
        { ...pair(deleted, ann), head, member: false },
      ].toSorted(byPair),
    )
    expect(await harness.store.latest.log.memberships([])).toEqual([])
  })

  test('the deletion of a conversation ends it for its members with that event', async () => {
    await using harness = await open()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann, bob] })
    const head = await scribe.deleteConversation(group)
    const page = await harness.store.latest.log.page({ conversationId: group, after: 0, limit: 10, viewerId: bob })
    expect(page).toMatchObject({ member: false, head, events: [{ type: 'ConversationDeleted', sequence: head }] })
    expect(page.events).toHaveLength(1)
  })
}

export const logsContract = (open: OpenHarness): void => {
  pagesContract(open)
  membershipContract(open)
}
