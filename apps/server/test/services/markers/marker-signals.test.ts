import type { Conversation, Signal, SignalTopic } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { InProcessSignalBus } from '../../../src/infrastructure/bus/in-process/signal-bus.ts'
import { markUnread, updateViewerSettings } from '../../../src/services/commands/viewer-settings.ts'
import { MarkerSignals } from '../../../src/services/markers/marker-signals.ts'
import { Markers } from '../../../src/services/markers/markers.ts'
import { actor, Backend, silentLog, user } from '../../backend.ts'
import { until } from '../../support/until.ts'

/** Markers whose signals are collected. */
const opened = async (invisible: ReadonlySet<string> = new Set(), otherNodes = false) => {
  const bus = new InProcessSignalBus(silentLog)
  const signals: Signal[] = []
  const listen = (topic: SignalTopic) => bus.subscribe(topic, signal => signals.push(signal))
  const published = new MarkerSignals(bus, { otherNodes })
  const made: { markers?: Markers } = {}
  const backend = await Backend.open(undefined, {}, undefined, {
    listeners: [{ committed: (changes, returned) => made.markers?.committed(changes, returned) }],
  })
  const markers = new Markers({ store: backend.store, signals: published, isInvisible: id => invisible.has(id) })
  made.markers = markers
  return {
    backend,
    markers,
    signals,
    write: () => published.aroundWrite(() => backend.store.markers.flush()),
    followConversation: ({ id: conversationId }: Conversation) => listen({ kind: 'conversation', conversationId }),
    followUser: (name: string) => listen({ kind: 'private', userId: user(name) }),
    /** Publishes what waits for its interval. */
    settle: () => published[Symbol.dispose](),
    async [Symbol.asyncDispose]() {
      published[Symbol.dispose]()
      await backend[Symbol.asyncDispose]()
    },
  }
}

const ofKind = (signals: readonly Signal[], kind: string) => signals.filter(({ key }) => key.kind === kind)

describe('signals of markers', () => {
  it('are sent to the conversation and to the own devices when a marker moves, and not when it goes back', async () => {
    await using server = await opened()
    const { backend, markers, signals } = server
    const room = await backend.create('alice', { members: ['bob'] })
    const { sequence } = await backend.send('alice', room, 'one')
    server.settle()
    server.followConversation(room)
    server.followUser('bob')
    await markers.markRead({ conversationId: room.id, sequence }, actor('bob'))
    server.settle()
    expect(signals).toEqual([
      { key: { kind: 'markers', conversationId: room.id, userId: 'bob' }, read: sequence, delivered: sequence },
      {
        key: { kind: 'viewerConversation', conversationId: room.id, userId: 'bob' },
        markers: { read: sequence, delivered: sequence },
      },
    ])
    await markers.markRead({ conversationId: room.id, sequence }, actor('bob'))
    await markers.markRead({ conversationId: room.id, sequence: 1 }, actor('bob'))
    await markers.markDelivered({ conversationId: room.id, sequence: 0 }, actor('bob'))
    server.settle()
    expect(signals).toHaveLength(2)
  })

  it('of many moves in a short time are few, the last one with the newest markers', async () => {
    await using server = await opened()
    const { backend, markers, signals } = server
    const room = await backend.create('alice', { members: ['bob'] })
    for (let sent = 0; sent < 30; sent += 1) await backend.send('alice', room, `message ${sent}`)
    const { lastSequence: head } = await backend.reading('bob').requireConversation(room.id)
    server.settle()
    server.followConversation(room)
    for (let sequence = head - 30; sequence <= head; sequence += 1)
      await markers.markRead({ conversationId: room.id, sequence }, actor('bob'))
    await until(() => signals.some(signal => 'read' in signal && signal.read === head), 'the newest marker')
    expect(signals.length).toBeLessThan(8)
  })

  it('are not sent to conversations of more than 100 members', async () => {
    await using server = await opened()
    const { backend, markers, signals } = server
    const members = Array.from({ length: 100 }, (_, index) => `member-${index}`)
    const room = await backend.create('alice', { members })
    const { sequence } = await backend.send('alice', room, 'one')
    server.settle()
    server.followConversation(room)
    server.followUser('member-1')
    await markers.markRead({ conversationId: room.id, sequence }, actor('member-1'))
    server.settle()
    expect(ofKind(signals, 'markers')).toEqual([])
    expect(ofKind(signals, 'viewerConversation')).toHaveLength(1)
  })

  it('of an invisible user reach only the own devices, and others are shown the markers of before', async () => {
    const invisible = new Set<string>()
    await using server = await opened(invisible)
    const { backend, markers, signals } = server
    const room = await backend.create('alice', { members: ['bob'] })
    const first = await backend.send('alice', room, 'one')
    await markers.markRead({ conversationId: room.id, sequence: first.sequence }, actor('bob'))
    const second = await backend.send('alice', room, 'two')
    server.settle()
    server.followConversation(room)
    server.followUser('bob')
    invisible.add('bob')
    await markers.markRead({ conversationId: room.id, sequence: second.sequence }, actor('bob'))
    const third = await backend.send('bob', room, 'three')
    server.settle()
    expect(ofKind(signals, 'markers')).toEqual([])
    expect(ofKind(signals, 'viewerConversation')).not.toEqual([])
    const seenBy = async (name: string) => {
      const reading = backend.reading(name)
      return (await reading.states.markers(await reading.getMember(room.id, user('bob')))).readSequence
    }
    expect(await seenBy('alice')).toBe(first.sequence)
    expect(await seenBy('bob')).toBe(third.sequence)
    await backend.store.markers.flush()
    expect(await seenBy('alice')).toBe(first.sequence)
    invisible.clear()
    await markers.markRead({ conversationId: room.id, sequence: third.sequence }, actor('bob'))
    server.settle()
    expect(ofKind(signals, 'markers')).toMatchObject([{ read: third.sequence }])
    expect(await seenBy('alice')).toBe(third.sequence)
  })

  it('of settings, of marking unread and of a returned conversation reach the own devices', async () => {
    await using server = await opened()
    const { backend, markers, signals } = server
    const room = await backend.create('alice', { members: ['bob'] })
    await backend.send('alice', room, 'one')
    server.settle()
    server.followUser('bob')
    const receivedCount = (): number => {
      server.settle()
      return signals.splice(0).length
    }
    await backend.run(updateViewerSettings, 'bob', { conversationId: room.id, archived: true })
    expect(receivedCount()).toBe(1)
    await backend.run(updateViewerSettings, 'bob', { conversationId: room.id, archived: true })
    expect(receivedCount()).toBe(0)
    await backend.run(markUnread, 'bob', { conversationId: room.id, sequence: 0 })
    expect(receivedCount()).toBe(1)
    await backend.send('alice', room, 'hello <@bob>')
    expect(receivedCount()).toBe(1)
    await markers.markAllRead(actor('bob'))
    expect(receivedCount()).toBe(1)
  })

  it('are repeated once the markers are written, if other nodes read the same database', async () => {
    for (const otherNodes of [true, false]) {
      await using server = await opened(new Set(), otherNodes)
      const { backend, markers, signals } = server
      const room = await backend.create('alice', { members: ['bob'] })
      const { sequence } = await backend.send('alice', room, 'one')
      server.settle()
      server.followUser('bob')
      await markers.markRead({ conversationId: room.id, sequence }, actor('bob'))
      await server.write()
      server.settle()
      await server.write()
      server.settle()
      const received = signals.map(signal => ('markers' in signal ? signal.markers : undefined))
      expect(received[0]).toEqual({ read: sequence, delivered: sequence })
      expect(received.slice(1)).toEqual(otherNodes ? [null] : [])
    }
  })
})
