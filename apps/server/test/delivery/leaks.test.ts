import type {
  Announcement,
  BusSubscription,
  ConversationId,
  ConversationListener,
  EventBus,
  MembershipNotice,
  UserId,
} from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { InProcessEventBus } from '../../src/infrastructure/bus/in-process/event-bus.ts'
import { deleteConversation, updateConversation } from '../../src/services/commands/conversations.ts'
import { addMembers, removeMember } from '../../src/services/commands/members.ts'
import { deleteMessage, updateMessage } from '../../src/services/commands/messages.ts'
import { addReaction } from '../../src/services/commands/reactions.ts'
import { actorOf } from '../../src/services/identity/actor.ts'
import { Backend, silentLog, user } from '../backend.ts'
import { until } from '../support/until.ts'
import { Collector } from './collector.ts'

const isLive = ({ items }: Collector) => items.some(item => item.kind === 'position' && item.live)
const edit = (messageId: import('@cpc-messenger/messenger').MessageId, text: string) => ({
  messageId,
  content: { text, format: 'PLAIN' as const },
  expectedVersion: null,
})
const drain = (stream: Collector['stream']) => {
  const items = []
  for (let item = stream.take(); item !== undefined; item = stream.take()) items.push(item)
  return items
}
/** Takes the first event, once its page has come. */
const untilEvent = async (stream: Collector['stream']): Promise<void> => {
  let item = stream.take()
  await until(() => {
    item ??= stream.take()
    return item !== undefined
  }, 'the first event')
  expect(item?.kind).toBe('event')
}

const settle = (ms = 30) => new Promise(resolve => setTimeout(resolve, ms))

/** Lets a test say which announcements and notices are lost, as the port allows, and send one late. */
class PickyBus implements EventBus {
  readonly inner = new InProcessEventBus(silentLog)
  readonly state = 'up'
  lose = false
  loseNotices = false
  readonly lost: Announcement[] = []
  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void {
    if (this.lose) this.lost.push(...announcements)
    this.inner.publish(this.lose ? [] : announcements, this.loseNotices ? [] : notices)
  }
  subscribe(id: ConversationId, listener: ConversationListener): BusSubscription {
    return this.inner.subscribe(id, listener)
  }
  subscribeUser(id: UserId, listener: (notice: MembershipNotice) => void): BusSubscription {
    return this.inner.subscribeUser(id, listener)
  }
  onRestored(): Disposable {
    return this.inner.onRestored()
  }
}

describe('in process', () => {
  it('a user added and removed in one batch gets no row that changed after the removal', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['dan'] })
    const message = await backend.send('alice', room, 'first')
    using _other = await Collector.conversation(backend, 'dan', room)
    using bob = await Collector.inbox(backend, 'bob')
    await bob.until(isLive, 'a position')
    await Promise.all([
      backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('bob')] }),
      backend.run(addReaction, 'dan', { messageId: message.id, emoji: '👍' }),
      backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') }),
      backend.run(updateMessage, 'alice', edit(message.id, 'not for bob')),
    ])
    await settle()
    expect(JSON.stringify(bob.items)).not.toContain('not for bob')
  })

  it('the answer to a command shows no row that changed after its actor was removed, in the same batch', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const message = await backend.send('alice', room, 'first')
    const [answer] = await Promise.all([
      backend.run(addReaction, 'bob', { messageId: message.id, emoji: '👍' }),
      backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') }),
      backend.run(updateMessage, 'alice', edit(message.id, 'not for bob')),
    ])
    expect(JSON.stringify(answer)).not.toContain('not for bob')
  })

  it('the answer to a renaming shows nothing of what came after its actor was removed, in the same batch', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const [answer] = await Promise.all([
      backend.run(updateConversation, 'bob', { conversationId: room.id, name: 'by bob' }),
      backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') }),
      backend.run(updateConversation, 'alice', { conversationId: room.id, topic: 'not for bob' }),
    ])
    expect(JSON.stringify(answer)).not.toContain('not for bob')
  })

  it('who left before a conversation was deleted and purged gets nothing of its deletion', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    await backend.run(deleteConversation, 'alice', { conversationId: room.id })
    while ((await backend.store.purge(500)) > 0);
    const page = await backend.store.latest.log.page({
      conversationId: room.id,
      after: 3,
      limit: 10,
      viewerId: user('bob'),
    })
    expect(page).toMatchObject({ events: [], member: false })
    using bob = await Collector.inbox(backend, 'bob', { after: new Map([[room.id, 3]]) })
    await bob.until(isLive, 'a position')
    expect(bob.events.map(event => event.type)).not.toContain('ConversationDeleted')
  })

  it('who left gets no later deletion that arrives before their inbox has read the leaving', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    const stream = backend.subscriptionService.open(user('bob'), { streamReady: () => undefined })
    await backend.subscriptionService.followInbox(stream, { after: new Map([[room.id, 3]]) })
    await backend.run(deleteConversation, 'alice', { conversationId: room.id })
    const items = drain(stream)
    stream.close()
    expect(JSON.stringify(items)).not.toContain('ConversationDeleted')
  })
})

describe('over a bus that loses, as the port allows', () => {
  it('a lost MemberLeft lets no row newer than the removal through to a reader amid a page', async () => {
    const bus = new PickyBus()
    await using backend = await Backend.open(bus)
    backend.hub[Symbol.dispose]() // no comparison of heads in between
    const room = await backend.create('alice', { members: ['bob'] })
    for (let turn = 0; turn < 20; turn += 1) await backend.send('alice', room, `m${turn}`)
    const last = await backend.send('alice', room, 'last')
    const stream = backend.subscriptionService.open(user('bob'), { streamReady: () => undefined })
    await backend.subscriptionService.follow(stream, actorOf(user('bob')), room.id, { after: 0 })
    expect(stream.take()).toBeUndefined()
    await untilEvent(stream)
    bus.lose = true
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    bus.lose = false
    await backend.run(updateMessage, 'alice', edit(last.id, 'not for bob'))
    const items = drain(stream)
    await settle()
    items.push(...drain(stream))
    stream.close()
    expect(JSON.stringify(items)).not.toContain('not for bob')
  })

  it('a MemberLeft that only the comparison of heads tells of lets no newer row through from memory', async () => {
    const bus = new PickyBus()
    await using backend = await Backend.open(bus)
    const room = await backend.create('alice', { members: ['bob'] })
    using alice = await Collector.conversation(backend, 'alice', room)
    await alice.until(isLive, 'a position')
    const stream = backend.subscriptionService.open(user('bob'), { streamReady: () => undefined })
    await backend.subscriptionService.follow(stream, actorOf(user('bob')), room.id, {})
    drain(stream)
    const message = await backend.send('alice', room, 'first')
    bus.lose = true
    await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    await backend.run(updateMessage, 'alice', edit(message.id, 'not for bob'))
    await alice.until(({ texts }) => texts.includes('not for bob'), 'the edit')
    const items = drain(stream)
    await settle()
    items.push(...drain(stream))
    stream.close()
    expect(JSON.stringify(items)).not.toContain('not for bob')
  })

  it('an announcement that comes late brings nothing back that was deleted since', async () => {
    const bus = new PickyBus()
    await using backend = await Backend.open(bus)
    const room = await backend.create('alice', { members: ['bob'] })
    const stream = backend.subscriptionService.open(user('bob'), { streamReady: () => undefined })
    await backend.subscriptionService.follow(stream, actorOf(user('bob')), room.id, {})
    drain(stream)
    const message = await backend.send('alice', room, 'secret') // received: in the ring
    bus.lose = true
    await backend.run(deleteMessage, 'alice', { messageId: message.id })
    await backend.hub.comparison.run() // the head is known; the rows are cleared
    bus.lose = false
    // The announcement of the sending comes once more (the port: "may repeat, may reorder").
    bus.inner.publish(
      [
        {
          conversationId: room.id,
          events: (await backend.store.latest.log.page({ conversationId: room.id, after: 3, limit: 1 })).events,
          rows: { messages: [message], memberships: [], conversations: [] },
        },
      ],
      [],
    )
    const items = drain(stream)
    await settle()
    items.push(...drain(stream))
    stream.close()
    expect(JSON.stringify(items)).not.toContain('secret')
  })

  it('if an edit was lost and a later event received, no row from before the edit is delivered', async () => {
    const bus = new PickyBus()
    await using backend = await Backend.open(bus)
    backend.hub[Symbol.dispose]()
    const room = await backend.create('alice', { members: ['bob'] })
    for (let turn = 0; turn < 3; turn += 1) await backend.send('alice', room, `m${turn}`)
    const secret = await backend.send('alice', room, 'secret')
    const stream = backend.subscriptionService.open(user('bob'), { streamReady: () => undefined })
    await backend.subscriptionService.follow(stream, actorOf(user('bob')), room.id, { after: 0 })
    drain(stream)
    await untilEvent(stream)
    bus.lose = true
    await backend.run(deleteMessage, 'alice', { messageId: secret.id })
    bus.lose = false
    await backend.send('alice', room, 'later')
    const items = drain(stream)
    await settle()
    items.push(...drain(stream))
    stream.close()
    expect(JSON.stringify(items)).not.toContain('secret')
  })

  it('a lost notice keeps no conversation from an inbox for good', async () => {
    const bus = new PickyBus()
    await using backend = await Backend.open(bus)
    using bob = await Collector.inbox(backend, 'bob')
    await bob.until(isLive, 'a position')
    bus.loseNotices = true
    const room = await backend.create('alice', { members: ['bob'] })
    await bob.until(({ events }) => events.some(event => event.conversationId === room.id), 'the MemberJoined')
  })

  it('an inbox position does not move past a conversation whose notice was lost', async () => {
    const bus = new PickyBus()
    await using backend = await Backend.open(bus, { positionEveryMs: 1, inboxEveryMs: 60_000 })
    const known = await backend.create('alice', { members: ['bob'] })
    using bob = await Collector.inbox(backend, 'bob')
    await bob.until(isLive, 'a position')
    bus.loseNotices = true
    const room = await backend.create('alice', { members: ['bob'] })
    bus.loseNotices = false
    await backend.hub.comparison.run()
    await settle()
    await backend.send('alice', known, 'x')
    await bob.until(({ items }) => items.filter(item => item.kind === 'position').length > 1, 'another position')
    const last = bob.items.findLast(item => item.kind === 'position')
    const before = bob.items.slice(0, last === undefined ? 0 : bob.items.indexOf(last))
    using back = await Collector.inbox(backend, 'bob', { from: last?.kind === 'position' ? last.position : '' })
    await back.until(isLive, 'a position')
    const events = [...before.flatMap(item => (item.kind === 'event' ? [item.event] : [])), ...back.events]
    expect(events.some(event => event.conversationId === room.id)).toBe(true)
  })
})
