import { randomUUID } from 'node:crypto'
import { offline, type PresenceRegistry } from '@cpc-messenger/messenger'
import { connect } from '@nats-io/transport-node'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Subjects } from '../../src/infrastructure/bus/link/subjects.ts'
import type { PresenceTimes } from '../../src/infrastructure/bus/nats/presence-registry.ts'
import {
  decodePresence,
  encodePresence,
  listsOfUsers,
  type PresenceHead,
} from '../../src/infrastructure/bus/wire/presence-form.ts'
import { user } from '../backend.ts'
import { CutProxy } from '../cluster/cut-proxy.ts'
import { NatsServer, skipWithoutNats } from '../support/nats-server.ts'
import { until } from '../support/until.ts'
import { anyBytes } from './any-bytes.ts'
import { epochOfTests, openNatsBus, signerOfTests, untilState } from './nats-bus.ts'
import { local, presenceRegistryContract, present, ReceivedChanges } from './presence-registry.contract.ts'

const alice = user('alice')
const head = { node: randomUUID(), number: 1, at: 1 }

/** As the usual ones, but shorter. */
const quick: PresenceTimes = { fullSetMs: 200, deadMs: 900, leavingMs: 400, checkMs: 50, startMs: 0 }
const open = (server: NatsServer, times: Partial<PresenceTimes> = quick) => openNatsBus(server, {}, epochOfTests, times)

/** A node whose line to the server can be cut. */
const openBehindLine = async (server: NatsServer) => {
  const line = await CutProxy.listen(server.port)
  const node = await openNatsBus({ host: '127.0.0.1', port: line.port }, {}, epochOfTests, quick)
  return {
    presenceRegistry: node.presenceRegistry,
    cut: () => line.cut(),
    async [Symbol.asyncDispose]() {
      for (const each of [node, line]) await each[Symbol.asyncDispose]()
    },
  }
}

const untilKnown = (registry: PresenceRegistry, name: string) =>
  until(() => registry.get(user(name)) !== undefined, `${name} is known`)

describe('the presence that nodes exchange', () => {
  it('is read only in its exact form', () => {
    const valid = { ...head, kind: 'changes', users: [['alice', 'AWAY', 'text', 5]] }
    const decode = (message: unknown) => decodePresence(Buffer.from(JSON.stringify(message)))
    const away = present('alice', { status: 'AWAY', statusText: 'text', statusExpiresAt: 5 })
    expect(decode(valid)).toMatchObject({ users: [local(away)] })
    expect(decode({ ...valid, users: [['alice', 'AWAY', 'text', 5, null, 1]] })).toMatchObject({
      users: [{ presence: away, isLeaving: true }],
    })
    const badUsers: unknown[] = [
      ['alice'],
      ['alice', 'INVISIBLE'],
      ['al\nice', 'ONLINE'],
      ['alice', 'OFFLINE', 'text'],
      ['alice', 'ONLINE', '', null],
      ['alice', 'ONLINE', 'x'.repeat(201)],
      ['alice', 'ONLINE', null, null, 5],
      ['alice', 'ONLINE', null, -1],
      ['alice', 'OFFLINE', null, null, 5, 6],
      ['alice', 'OFFLINE', null, null, 5, 1, 1],
      { userId: 'alice' },
      null,
    ]
    const bad = [
      ...badUsers.map(each => ({ ...valid, users: [each] })),
      { ...valid, node: 'a node' },
      { ...valid, number: 0 },
      { ...valid, at: 'now' },
      { ...valid, kind: 'toString' },
      { ...valid, kind: 'set' },
      { ...valid, kind: 'set', from: 2, isLast: true },
      { ...valid, users: {} },
    ]
    for (const each of bad) expect(decode(each), JSON.stringify(each)).toBeUndefined()
    fc.assert(fc.property(anyBytes, bytes => decodePresence(bytes) === undefined))
  })

  it('is split into messages that fit, and comes out as it went in', () => {
    const users = Array.from({ length: 500 }, (_, index) =>
      local(present(`${'u'.repeat(120)}-${index}`, { statusText: '"\\𝄞'.repeat(25), statusExpiresAt: 8e15 })),
    )
    const byId = new Map(users.map(each => [each.presence.userId, each]))
    const set: PresenceHead = { ...head, number: 9e15, at: 8e15, kind: 'set', ...{ from: 1, isLast: false } }
    const messages = [...listsOfUsers(byId.keys(), id => byId.get(id), 4096)].map(list => encodePresence(set, list))
    expect(Math.max(...messages.map(({ length }) => length))).toBeLessThanOrEqual(4096)
    const received = messages.flatMap(bytes => {
      const message = decodePresence(bytes)
      return message?.kind === 'set' ? message.users : []
    })
    expect(received).toEqual(users)
  })
})

describe.skipIf(skipWithoutNats())('over a nats-server', () => {
  presenceRegistryContract('NATS between two nodes', async () => {
    const server = await NatsServer.start()
    const [here, there] = [await open(server, { startMs: 0 }), await open(server, { startMs: 0 })]
    return {
      here: here.presenceRegistry,
      there: there.presenceRegistry,
      async [Symbol.asyncDispose]() {
        for (const each of [here, there, server]) await each[Symbol.asyncDispose]()
      },
    }
  })

  it('a node that starts knows the users of the others when it has started', async () => {
    await using server = await NatsServer.start()
    await using one = await open(server, {})
    one.presenceRegistry.set(local(present('alice')))
    await using other = await open(server, { startMs: 300 })
    expect(other.presenceRegistry.get(alice)).toEqual(present('alice'))
  })

  it('the users of a node that dies are offline in time, last seen when its last message was sent, and one node stores that', async () => {
    await using server = await NatsServer.start()
    await using one = await open(server)
    await using other = await open(server)
    await using dying = await openBehindLine(server)
    dying.presenceRegistry.set(local(present('alice')))
    for (const each of [one, other]) await untilKnown(each.presenceRegistry, 'alice')
    using atOne = new ReceivedChanges(one.presenceRegistry)
    using atOther = new ReceivedChanges(other.presenceRegistry)
    const before = Date.now()
    dying.cut()
    await until(() => atOne.of('alice').length + atOther.of('alice').length === 2, 'both know')
    const changes = [...atOne.changes, ...atOther.changes]
    expect(changes.map(({ orphaned }) => orphaned).toSorted()).toEqual([false, true])
    const [first, second] = changes.map(({ presence }) => presence)
    expect(first).toEqual(second)
    expect(first?.lastSeenAt).toBeGreaterThan(before - 2 * quick.fullSetMs)
    expect(first?.lastSeenAt).toBeLessThanOrEqual(Date.now())
  })

  it('the users of a node that shuts down have a moment to reconnect to another one', async () => {
    await using server = await NatsServer.start()
    await using one = await open(server)
    await using other = await open(server)
    const leaving = await open(server)
    leaving.presenceRegistry.set(local(present('alice')))
    leaving.presenceRegistry.set(local(present('bob')))
    await untilKnown(one.presenceRegistry, 'bob')
    using received = new ReceivedChanges(one.presenceRegistry)
    await leaving[Symbol.asyncDispose]()
    other.presenceRegistry.set(local(present('alice')))
    await until(() => received.of('bob').length === 1, 'bob is offline')
    expect(received.changes.map(({ orphaned }) => orphaned)).toEqual([false])
    expect(one.presenceRegistry.get(alice)).toEqual(present('alice'))
  })

  it('full sets correct what was lost while a node was cut off', async () => {
    await using server = await NatsServer.start()
    await using one = await open(server, { ...quick, deadMs: 60_000 })
    await using other = await open(server, { ...quick, deadMs: 60_000 })
    one.presenceRegistry.set(local(present('alice')))
    await untilKnown(other.presenceRegistry, 'alice')
    await server.stop()
    await untilState(one.bus, 'degraded')
    one.presenceRegistry.set(local(offline(alice, 3)))
    one.presenceRegistry.set(local(present('bob')))
    await server.start()
    await untilKnown(other.presenceRegistry, 'bob')
    await until(() => other.presenceRegistry.get(alice) === undefined, 'alice is offline')
  })

  it('messages that are sent again, or are not signed, change nothing', async () => {
    await using server = await NatsServer.start()
    await using one = await open(server)
    const foreign = await connect({ servers: `127.0.0.1:${server.port}`, noEcho: true })
    try {
      const captured: Uint8Array[] = []
      const subject = new Subjects(signerOfTests.prefix).presence
      foreign.subscribe(subject, { callback: (_, { data }) => void captured.push(data) })
      await foreign.flush()
      await using other = await openBehindLine(server)
      other.presenceRegistry.set(local(present('alice')))
      await untilKnown(one.presenceRegistry, 'alice')
      other.cut()
      await until(() => one.presenceRegistry.get(alice) === undefined, 'alice is offline')
      for (const data of captured) foreign.publish(subject, data)
      foreign.publish(subject, encodePresence({ ...head, kind: 'changes' }, '["eve","ONLINE"]'))
      await foreign.flush()
      await until(() => one.counts.ignored === 1, 'what is not signed is ignored')
      expect([one.presenceRegistry.get(alice), one.presenceRegistry.get(user('eve'))]).toEqual([undefined, undefined])
    } finally {
      await foreign.close()
    }
  })
})
