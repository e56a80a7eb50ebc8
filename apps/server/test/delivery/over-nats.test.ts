import type { EventBus } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { Hub, type HubDependencies } from '../../src/delivery/streams/hub.ts'
import { SubscriptionService } from '../../src/delivery/streams/subscription-service.ts'
import { InProcessEventBus } from '../../src/infrastructure/bus/in-process/event-bus.ts'
import { addMembers, removeMember } from '../../src/services/commands/members.ts'
import { Backend, silentLog, user } from '../backend.ts'
import { openNatsBus, untilState } from '../bus/nats-bus.ts'
import { NatsServer, skipWithoutNats } from '../support/nats-server.ts'
import { until } from '../support/until.ts'
import { Collector } from './collector.ts'

const never = { compareEveryMs: 1_000_000, inboxEveryMs: 1_000_000 }
const isLive = ({ items }: Collector): boolean => items.some(item => item.kind === 'position' && item.live)

/** A second node's delivery, over the store of the first one. */
const secondNode = ({ store }: Backend, bus: EventBus, parts: Partial<HubDependencies> = never) => {
  const hub = new Hub({ store, bus, log: silentLog, ...parts })
  return { subscriptionService: new SubscriptionService(hub), [Symbol.dispose]: () => hub[Symbol.dispose]() }
}

describe.skipIf(skipWithoutNats())('two nodes over NATS', () => {
  it('deliver what the other one commits, without a comparison', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server)
    await using other = await openNatsBus(server)
    await using backend = await Backend.open(one.bus, never)
    using second = secondNode(backend, other.bus)
    const room = await backend.create('alice', { members: ['bob'] })
    using bob = await Collector.conversation(second, 'bob', room)
    using inbox = await Collector.inbox(second, 'bob')
    await backend.send('alice', room, 'hello')
    await bob.until(({ texts }) => texts.includes('hello'), 'the message')
    await inbox.until(({ texts }) => texts.includes('hello'), 'the message')
    const later = await backend.create('alice')
    await backend.run(addMembers, 'alice', { conversationId: later.id, userIds: [user('bob')] })
    await backend.send('alice', later, 'welcome')
    await inbox.until(({ texts }) => texts.includes('welcome'), 'the message of what bob has joined')
  })

  it('deliver what is announced by its sequence alone', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server)
    await using other = await openNatsBus(server)
    await using backend = await Backend.open(one.bus, never)
    using second = secondNode(backend, other.bus)
    const room = await backend.create('alice', { members: ['bob'] })
    using bob = await Collector.conversation(second, 'bob', room)
    const texts = Array.from({ length: 250 }, (_, index) => `${index} `.padEnd(100, 'x'))
    await Promise.all(texts.map(text => backend.send('alice', room, text)))
    await backend.send('alice', room, 'the last')
    await bob.until(received => received.texts.includes('the last'), 'the last message')
    expect(bob.texts).toEqual([...texts.map(text => text.trimEnd()), 'the last'])
  })

  it('deliver nothing to a user whom the other one has removed', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server)
    await using other = await openNatsBus(server)
    await using backend = await Backend.open(one.bus, never)
    using second = secondNode(backend, other.bus)
    const room = await backend.create('alice', { members: ['bob'] })
    using bob = await Collector.conversation(second, 'bob', room)
    using inbox = await Collector.inbox(second, 'bob')
    const sending = Array.from({ length: 50 }, (_, index) => backend.send('alice', room, `${index}`))
    const removal = backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') })
    await Promise.all([...sending, removal])
    await backend.send('alice', room, 'not for bob')
    for (const collector of [bob, inbox]) {
      await collector.until(({ events }) => events.at(-1)?.type === 'MemberLeft', 'the end')
      expect(collector.texts).not.toContain('not for bob')
    }
  })

  it('have within five seconds what a node committed that died before it announced it', async () => {
    await using server = await NatsServer.start()
    await using other = await openNatsBus(server)
    await using backend = await Backend.open(new InProcessEventBus(silentLog), never)
    const found: number[] = []
    const meter = { headsFoundBehind: (count: number) => void found.push(count) }
    using second = secondNode(backend, other.bus, { meter })
    const room = await backend.create('alice', { members: ['bob'] })
    using bob = await Collector.conversation(second, 'bob', room)
    await backend.send('alice', room, 'unannounced')
    await bob.until(({ texts }) => texts.includes('unannounced'), 'the message')
    await until(() => found.length > 0, 'the count of what was found')
    expect(found).toEqual([1])
  })

  it('compare at once when the bus is back, and take up what was joined meanwhile', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server)
    await using other = await openNatsBus(server)
    await using backend = await Backend.open(one.bus, never)
    using second = secondNode(backend, other.bus)
    const room = await backend.create('alice', { members: ['bob'] })
    using bob = await Collector.conversation(second, 'bob', room)
    using inbox = await Collector.inbox(second, 'bob')
    await inbox.until(isLive, 'the head')
    await server.kill()
    await untilState(one.bus, 'degraded')
    await backend.send('alice', room, 'while it is away')
    const later = await backend.create('alice', { members: ['bob'] })
    await backend.send('alice', later, 'in another')
    expect(bob.texts).toEqual([])
    await server.start()
    await untilState(other.bus, 'up')
    const back = performance.now()
    await bob.until(({ texts }) => texts.includes('while it is away'), 'the message')
    await inbox.until(({ texts }) => texts.includes('in another'), 'the message of what bob has joined')
    expect(performance.now() - back).toBeLessThan(2000)
  })
})
