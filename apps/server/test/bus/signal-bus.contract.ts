import type { Signal, SignalBus, SignalSubscription, SignalTopic } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { TypeIdGenerator } from '../../src/infrastructure/ids/type-id-generator.ts'
import { user } from '../backend.ts'
import { until } from '../support/until.ts'
import { newConversationId } from './received-announcements.ts'

interface BusesUnderTest extends AsyncDisposable {
  /** Where signals are published. */
  readonly here: SignalBus
  /** Of another node, or the same bus where there is only one. */
  readonly there: SignalBus
}

const ids = new TypeIdGenerator({ now: () => Date.now() })

/** The signals that a subscriber of one topic receives. */
class ReceivedSignals implements Disposable {
  readonly received: Signal[] = []
  readonly #subscription: SignalSubscription

  constructor(bus: SignalBus, topic: SignalTopic) {
    this.#subscription = bus.subscribe(topic, signal => void this.received.push(signal))
  }

  get ready(): Promise<void> {
    return this.#subscription.ready
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
  }
}

const ofConversation = (): SignalTopic & { readonly kind: 'conversation' } => ({
  kind: 'conversation',
  conversationId: newConversationId(),
})
const ofUser = (name: string): SignalTopic => ({ kind: 'private', userId: user(name) })
const profiles: SignalTopic = { kind: 'profiles' }

/** A signal of the topic. */
const signalOf = (topic: SignalTopic): Signal => {
  switch (topic.kind) {
    case 'conversation':
      return { key: { ...topic, kind: 'markers', userId: user('alice') }, read: 1, delivered: 2 }
    case 'private':
      return { key: { ...topic, kind: 'viewer' } }
    case 'profiles':
      return { key: { kind: 'profile', userId: user('alice') } }
  }
}

/** Signals of every kind and form, with the topics that they belong to. */
const everySignal = (): readonly (readonly [SignalTopic, Signal])[] => {
  const [conversationId, threadRootId, userId] = [newConversationId(), ids.messageId(), user('a.b.*')]
  const own: SignalTopic = { kind: 'private', userId }
  const common: SignalTopic = { kind: 'conversation', conversationId }
  const inThread = { kind: 'typing', conversationId, threadRootId, userId } as const
  return [
    [common, { key: inThread, expiresAt: Date.UTC(2026, 10, 22) }],
    [common, { key: { ...inThread, threadRootId: null }, expiresAt: null }],
    [common, { key: { kind: 'markers', conversationId, userId }, read: 0, delivered: 12 }],
    [profiles, { key: { kind: 'profile', userId } }],
    [own, { key: { kind: 'viewer', userId } }],
    [own, { key: { kind: 'viewerConversation', userId, conversationId }, markers: null }],
    [own, { key: { kind: 'viewerConversation', userId, conversationId }, markers: { read: 3, delivered: 5 } }],
    [own, { key: { kind: 'viewerThread', userId, conversationId, threadRootId } }],
  ]
}

/** Everything published before has been delivered: a later signal has. */
const passed = async ({ here, there }: BusesUnderTest): Promise<void> => {
  const topic = ofConversation()
  using last = new ReceivedSignals(there, topic)
  await last.ready
  here.publish(topic, signalOf(topic))
  await until(() => last.received.length > 0, 'the last signal')
}

/** What every `SignalBus` does while nothing is lost. */
export const signalBusContract = (name: string, open: () => Promise<BusesUnderTest>): void => {
  describe(`${name} as a signal bus`, () => {
    it('delivers to the subscribers of a topic, on every node, and to no other', async () => {
      await using buses = await open()
      const topics = [ofConversation(), ofUser('alice'), ofUser('Alice'), ofUser('a.*'), ofUser('*'), profiles]
      const here = topics.map(topic => new ReceivedSignals(buses.here, topic))
      const there = topics.map(topic => new ReceivedSignals(buses.there, topic))
      await Promise.all([...here, ...there].map(({ ready }) => ready))
      topics.forEach((topic, index) => {
        buses.here.publish(topic, signalOf(topic))
        expect(here[index]?.received).toHaveLength(1)
      })
      await passed(buses)
      const expected = topics.map(topic => [signalOf(topic)])
      expect(here.map(({ received }) => received)).toEqual(expected)
      expect(there.map(({ received }) => received)).toEqual(expected)
      for (const each of [...here, ...there]) each[Symbol.dispose]()
    })

    it('carries signals of every kind unchanged', async () => {
      await using buses = await open()
      const published = everySignal()
      const subscribers = published.map(([topic]) => new ReceivedSignals(buses.there, topic))
      await Promise.all(subscribers.map(({ ready }) => ready))
      for (const [topic, signal] of published) buses.here.publish(topic, signal)
      await passed(buses)
      for (const [index, [, signal]] of published.entries()) expect(subscribers[index]?.received).toContainEqual(signal)
      for (const each of subscribers) each[Symbol.dispose]()
    })

    it('delivers once to each of several subscribers, and to none after it is disposed of', async () => {
      await using buses = await open()
      const topic = ofUser('bob')
      using first = new ReceivedSignals(buses.there, topic)
      const second = new ReceivedSignals(buses.there, topic)
      await Promise.all([first.ready, second.ready])
      buses.here.publish(topic, signalOf(topic))
      await passed(buses)
      second[Symbol.dispose]()
      second[Symbol.dispose]()
      buses.here.publish(topic, signalOf(topic))
      await passed(buses)
      expect([first.received.length, second.received.length]).toEqual([2, 1])
      first[Symbol.dispose]()
      using again = new ReceivedSignals(buses.there, topic)
      await again.ready
      buses.here.publish(topic, signalOf(topic))
      await passed(buses)
      expect([first.received.length, again.received.length]).toEqual([2, 1])
    })

    it('calls the subscribers of its own node before publishing returns, also when one of them throws', async () => {
      await using buses = await open()
      using _failing = buses.here.subscribe(profiles, () => {
        throw new Error('a listener of the test')
      })
      using subscriber = new ReceivedSignals(buses.here, profiles)
      buses.here.publish(profiles, signalOf(profiles))
      expect(subscriber.received).toEqual([signalOf(profiles)])
    })

    it('is up, and delivers what is published after a subscription is ready', async () => {
      await using buses = await open()
      expect([buses.here.state, buses.there.state]).toEqual(['up', 'up'])
      for (let round = 0; round < 20; round += 1) {
        const topic = ofConversation()
        using subscriber = new ReceivedSignals(buses.there, topic)
        await subscriber.ready
        buses.here.publish(topic, signalOf(topic))
        await until(() => subscriber.received.length === 1, 'the signal')
      }
    })
  })
}
