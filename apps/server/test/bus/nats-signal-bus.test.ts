import type { Signal, SignalTopic } from '@cpc-messenger/messenger'
import { connect } from '@nats-io/transport-node'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Subjects } from '../../src/infrastructure/bus/link/subjects.ts'
import { decodeSignal, encodeSignal } from '../../src/infrastructure/bus/wire/signal-form.ts'
import { user } from '../backend.ts'
import { NatsServer, skipWithoutNats } from '../support/nats-server.ts'
import { until } from '../support/until.ts'
import { anyBytes } from './any-bytes.ts'
import { openNatsBus, signerOfTests, untilState } from './nats-bus.ts'
import { newConversationId } from './received-announcements.ts'
import { signalBusContract } from './signal-bus.contract.ts'

const alice = user('alice')
const own: SignalTopic = { kind: 'private', userId: alice }
const changed: Signal = { key: { kind: 'viewer', userId: alice } }
const subscriptionLines = /<<- \[SUB messenger\S*\.signals\./g

describe('signals between nodes', () => {
  it('are read only in their own topic', () => {
    const conversationId = newConversationId()
    const common: SignalTopic = { kind: 'conversation', conversationId }
    const markers: Signal = { key: { kind: 'markers', conversationId, userId: alice }, read: 1, delivered: 2 }
    expect(decodeSignal(encodeSignal(changed), own)).toEqual(changed)
    expect(decodeSignal(encodeSignal(markers), common)).toEqual(markers)
    for (const topic of [common, { kind: 'private', userId: user('bob') }, { kind: 'profiles' }] as const)
      expect(decodeSignal(encodeSignal(changed), topic)).toBeUndefined()
    for (const topic of [own, { kind: 'conversation', conversationId: newConversationId() }] as const)
      expect(decodeSignal(encodeSignal(markers), topic)).toBeUndefined()
  })

  it('are read only in their exact form', () => {
    const conversationId = newConversationId()
    const common: SignalTopic = { kind: 'conversation', conversationId }
    const key = { kind: 'markers', conversationId, userId: alice }
    const bad = [
      { key, read: 1 },
      { key, read: 1, delivered: 2, more: 3 },
      { key, read: -1, delivered: 2 },
      { key, read: 1.5, delivered: 2 },
      { key: { ...key, threadRootId: null }, read: 1, delivered: 2 },
      { key: { ...key, kind: 'typing', threadRootId: 'msg_x' }, expiresAt: null },
      { key: { kind: 'presence', userId: alice }, presence: { userId: alice, status: 'ONLINE' } },
      { key: { kind: '__proto__', userId: alice } },
      { key: null },
      null,
    ]
    for (const signal of bad)
      expect(decodeSignal(Buffer.from(JSON.stringify({ signal })), common), JSON.stringify(signal)).toBeUndefined()
    fc.assert(fc.property(anyBytes, bytes => decodeSignal(bytes, common) === undefined))
  })
})

describe.skipIf(skipWithoutNats())('over a nats-server', () => {
  signalBusContract('NATS between two nodes', async () => {
    const server = await NatsServer.start()
    const [here, there] = [await openNatsBus(server), await openNatsBus(server)]
    return {
      here: here.signalBus,
      there: there.signalBus,
      async [Symbol.asyncDispose]() {
        for (const each of [here, there, server]) await each[Symbol.asyncDispose]()
      },
    }
  })

  it('signals that are not signed, or of an unknown format, are ignored and counted', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server)
    const received: Signal[] = []
    using subscription = one.signalBus.subscribe(own, signal => void received.push(signal))
    await subscription.ready
    const foreign = await connect({ servers: `127.0.0.1:${server.port}` })
    try {
      const subject = new Subjects(signerOfTests.prefix).signals(own)
      const signed = (payload: string) => signerOfTests.sign(Buffer.from(payload))
      const bad = [encodeSignal(changed), new Uint8Array(), signed(''), signed('{"signal":{}}'), signed('[]')]
      for (const payload of bad) foreign.publish(subject, payload)
      await foreign.flush()
      await until(() => one.counts.ignored === bad.length, 'all bad messages are ignored')
      foreign.publish(subject, signerOfTests.sign(encodeSignal(changed)))
      await until(() => received.length === 1, 'the good message')
    } finally {
      await foreign.close()
    }
  })

  it('a node that is cut off drops what it publishes, and its own subscribers receive it', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server)
    await using other = await openNatsBus(server)
    const [here, there]: [Signal[], Signal[]] = [[], []]
    using _here = one.signalBus.subscribe(own, signal => void here.push(signal))
    using _there = other.signalBus.subscribe(own, signal => void there.push(signal))
    let restored = 0
    using _restored = other.signalBus.onRestored(() => (restored += 1))
    await server.stop()
    await untilState(one.signalBus, 'degraded')
    one.signalBus.publish(own, changed)
    expect([here.length, one.counts.dropped]).toEqual([1, 1])
    await server.start()
    await Promise.all([untilState(one.signalBus, 'up'), untilState(other.signalBus, 'up')])
    expect(restored).toBe(1)
    one.signalBus.publish(own, changed)
    await until(() => there.length > 0, 'what was published after the outage')
    expect([here.length, there.length]).toEqual([2, 1])
  })

  it('a node subscribes once to a topic, and only while it has a subscriber', async () => {
    await using server = await NatsServer.start({ configuration: 'trace: true' })
    await using one = await openNatsBus(server)
    const two = [one.signalBus.subscribe(own, () => undefined), one.signalBus.subscribe(own, () => undefined)]
    await Promise.all(two.map(({ ready }) => ready))
    await until(() => [...server.output.matchAll(subscriptionLines)].length === 1, 'one subscription')
    for (const each of two) each[Symbol.dispose]()
    await until(() => server.output.includes('<<- [UNSUB '), 'no subscription')
  })
})
