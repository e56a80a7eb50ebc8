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
import { addMembers } from '../../src/services/commands/members.ts'
import { Backend, silentLog, user } from '../backend.ts'
import { Collector } from './collector.ts'

const never = { compareEveryMs: 1_000_000, inboxEveryMs: 1_000_000 }

/** Delivers to a listener only what is published after it has made them wait a while, as over a network. */
class SlowToListen implements EventBus {
  readonly #inner = new InProcessEventBus(silentLog)
  readonly state = 'up'
  /** What happens while a subscriber waits. */
  meanwhile: () => Promise<unknown> = async () => undefined

  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void {
    this.#inner.publish(announcements, notices)
  }

  subscribe(id: ConversationId, listener: ConversationListener): BusSubscription {
    return this.#later(() => this.#inner.subscribe(id, listener))
  }

  subscribeUser(id: UserId, listener: (notice: MembershipNotice) => void): BusSubscription {
    return this.#later(() => this.#inner.subscribeUser(id, listener))
  }

  onRestored(): Disposable {
    return this.#inner.onRestored()
  }

  #later(subscribe: () => Disposable): BusSubscription {
    let inner: Disposable | undefined
    const begin = async (): Promise<void> => {
      await this.meanwhile()
      inner = subscribe()
    }
    return { ready: begin(), [Symbol.dispose]: () => inner?.[Symbol.dispose]() }
  }
}

const once = (work: () => Promise<unknown>): (() => Promise<unknown>) => {
  let running: Promise<unknown> | undefined
  return () => {
    running ??= work()
    return running
  }
}

describe('a subscriber that goes live before the bus delivers', () => {
  it('misses nothing of a conversation', async () => {
    const bus = new SlowToListen()
    await using backend = await Backend.open(bus, never)
    const room = await backend.create('alice', { members: ['bob'] })
    bus.meanwhile = once(() => backend.send('alice', room, 'before it delivers'))
    using bob = await Collector.conversation(backend, 'bob', room, { after: room.lastSequence })
    await backend.send('alice', room, 'after')
    await bob.until(({ texts }) => texts.includes('after'), 'the later message')
    expect(bob.texts).toEqual(['before it delivers', 'after'])
  })

  it('misses nothing of an inbox, nor what they join meanwhile', async () => {
    const bus = new SlowToListen()
    await using backend = await Backend.open(bus, never)
    const [room, other] = [await backend.create('alice', { members: ['bob'] }), await backend.create('alice')]
    bus.meanwhile = once(async () => {
      await backend.send('alice', room, 'before it delivers')
      await backend.run(addMembers, 'alice', { conversationId: other.id, userIds: [user('bob')] })
    })
    using bob = await Collector.inbox(backend, 'bob', { after: new Map([[room.id, room.lastSequence]]) })
    await backend.send('alice', room, 'after')
    await backend.send('alice', other, 'in the other')
    await bob.until(({ texts }) => texts.includes('after') && texts.includes('in the other'), 'the later messages')
    expect(bob.texts).toContain('before it delivers')
  })

  it('misses nothing of a conversation that they have just joined', async () => {
    const bus = new SlowToListen()
    await using backend = await Backend.open(bus, never)
    const other = await backend.create('alice')
    using bob = await Collector.inbox(backend, 'bob')
    bus.meanwhile = once(() => backend.send('alice', other, 'before it delivers'))
    await backend.run(addMembers, 'alice', { conversationId: other.id, userIds: [user('bob')] })
    await bob.until(({ texts }) => texts.includes('before it delivers'), 'the first message')
  })
})
