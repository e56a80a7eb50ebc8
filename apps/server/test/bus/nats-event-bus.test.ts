import { randomUUID } from 'node:crypto'
import { connect } from '@nats-io/transport-node'
import { describe, expect, it } from 'vitest'
import { Subjects } from '../../src/infrastructure/bus/link/subjects.ts'
import { user } from '../backend.ts'
import { NatsServer, skipWithoutNats } from '../support/nats-server.ts'
import { until } from '../support/until.ts'
import { openNatsBus, signerOfTests, untilState } from './nats-bus.ts'
import { Notices, newConversationId, ReceivedAnnouncements, sent } from './received-announcements.ts'

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** What this server's clients listen to, but for its own. */
const subscriptionsOf = (server: NatsServer): number =>
  [...server.output.matchAll(/<<- \[SUB messenger\S*\.(?:conversation|user)\./g)].length -
  [...server.output.matchAll(/<<- \[UNSUB /g)].length

describe.skipIf(skipWithoutNats())('the bus over NATS', () => {
  it('reconnects after a server outage of any length, and keeps its subscriptions', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server)
    await using other = await openNatsBus(server)
    const id = newConversationId()
    using subscriber = new ReceivedAnnouncements(other.bus, id)
    using notices = new Notices(other.bus, user('bob'))
    let restored = 0
    using _restored = other.bus.onRestored(() => (restored += 1))
    await server.kill()
    await untilState(other.bus, 'degraded')
    using meanwhile = new ReceivedAnnouncements(other.bus, newConversationId())
    await meanwhile.ready
    // More than thirty attempts: the client library gives up after ten.
    await pause(2000)
    expect(restored).toBe(0)
    await server.start()
    await Promise.all([untilState(one.bus, 'up'), untilState(other.bus, 'up')])
    expect(restored).toBe(1)
    one.bus.publish([sent(id, 1, ['back'])], [{ userId: user('bob'), conversationId: id, sequence: 1 }])
    await until(() => subscriber.received.length === 1 && notices.received.length === 1, 'what was published after')
    expect(one.logged.filter(({ level }) => level === 'warn').length).toBeLessThanOrEqual(2)
  })

  it('starts while the server is down, and connects when it is up', async () => {
    await using server = await NatsServer.create()
    await using one = await openNatsBus(server)
    expect(one.bus.state).toBe('degraded')
    const id = newConversationId()
    using own = new ReceivedAnnouncements(one.bus, id)
    await own.ready
    one.bus.publish([sent(id, 1, ['to itself'])], [])
    expect([own.received.length, one.counts.dropped]).toEqual([1, 1])
    await server.start()
    await untilState(one.bus, 'up')
    await using other = await openNatsBus(server)
    other.bus.publish([sent(id, 2, ['from another'])], [])
    await until(() => own.received.length === 2, 'the announcement of another node')
  })

  it('connects to another server when its own is lost', async () => {
    await using first = await NatsServer.start()
    await using second = await NatsServer.create()
    await using one = await openNatsBus([second, first])
    await untilState(one.bus, 'up')
    await second.start()
    await first.kill()
    await untilState(one.bus, 'degraded')
    await untilState(one.bus, 'up')
    await first.start()
    await second.kill()
    await untilState(one.bus, 'degraded')
    await untilState(one.bus, 'up')
  })

  it('can be disposed of where the server never started', async () => {
    await using server = await NatsServer.create()
    const node = await openNatsBus(server)
    await node[Symbol.asyncDispose]()
    expect(node.bus.state).toBe('degraded')
  })

  it('drops what is published while the server is down', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server)
    await using other = await openNatsBus(server)
    const id = newConversationId()
    using subscriber = new ReceivedAnnouncements(other.bus, id)
    await subscriber.ready
    await server.stop()
    await untilState(one.bus, 'degraded')
    const large = sent(id, 1, ['x'.repeat(50_000)])
    const before = process.memoryUsage().rss
    for (let count = 0; count < 10_000; count += 1) one.bus.publish([large], [])
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
    expect(one.counts.dropped).toBe(10_000)
    await server.start()
    await Promise.all([untilState(one.bus, 'up'), untilState(other.bus, 'up')])
    one.bus.publish([sent(id, 2, ['after'])], [])
    await until(() => subscriber.received.length > 0, 'what was published after')
    expect(subscriber.received).toEqual([
      expect.objectContaining({ events: [expect.objectContaining({ sequence: 2 })] }),
    ])
  })

  it('buffers a bounded amount while the server is paused, and notices the pause', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server, { maxUnconfirmedBytes: 1_000_000 })
    const id = newConversationId()
    await server.pause()
    const large = sent(id, 1, ['x'.repeat(50_000)])
    for (let count = 0; count < 100; count += 1) one.bus.publish([large], [])
    expect(one.counts.dropped).toBeGreaterThan(75)
    expect(one.bus.state).toBe('degraded')
    await until(
      () => one.logged.some(({ message }) => message === 'the connection to NATS was lost; retrying'),
      () => JSON.stringify(one.logged),
    )
    const socketsOpen = process.getActiveResourcesInfo().filter(name => name.startsWith('TCP')).length
    await pause(2000)
    expect(process.getActiveResourcesInfo().filter(name => name.startsWith('TCP')).length).toBeLessThan(socketsOpen + 3)
    server.resume()
    await untilState(one.bus, 'up')
  })

  it('notices a lost network within two ping intervals, though nothing is published', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server)
    await server.pause()
    await untilState(one.bus, 'degraded', 1000)
    server.resume()
    await untilState(one.bus, 'up')
  })

  it('does not mistake a busy turn for a lost network', async () => {
    await using server = await NatsServer.start()
    // Long enough for the server to answer on a busy machine.
    const pingMs = 1000
    await using one = await openNatsBus(server, { pingMs })
    let restored = 0
    using _restored = one.bus.onRestored(() => (restored += 1))
    const large = sent(newConversationId(), 1, ['x'.repeat(50_000)])
    for (let round = 0; round < 3; round += 1) {
      // Enough for the server to be asked what it has.
      one.bus.publish(Array(6).fill(large), [])
      const end = performance.now() + 2.2 * pingMs
      while (performance.now() < end);
      await pause(20)
    }
    await pause(200)
    expect([one.bus.state, restored]).toEqual(['up', 0])
  })

  it('ignores malformed messages, counts them, and logs one warning', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server)
    await using other = await openNatsBus(server)
    const id = newConversationId()
    using subscriber = new ReceivedAnnouncements(one.bus, id)
    await subscriber.ready
    const foreign = await connect({ servers: `127.0.0.1:${server.port}` })
    try {
      const bad = ['', 'text', '{', 'null', '[]', '{}', '{"head":"x"}', `{"conversationId":"${id}","events":[]}`]
      const subject = new Subjects(signerOfTests.prefix).conversation(id)
      for (const payload of bad) foreign.publish(subject, signerOfTests.sign(Buffer.from(payload)))
      foreign.publish(subject, signerOfTests.sign(new Uint8Array([0xff, 0xfe, 0])))
      await foreign.flush()
      await until(() => one.counts.ignored === bad.length + 1, 'all bad messages are ignored')
      other.bus.publish([sent(id, 1, ['good'])], [])
      await until(() => subscriber.received.length === 1, 'the good message')
      expect(one.logged.filter(({ level }) => level === 'warn')).toHaveLength(1)
    } finally {
      await foreign.close()
    }
  })

  it('sends nothing to the nodes of another deployment on the same server', async () => {
    await using server = await NatsServer.start()
    await using here = await openNatsBus(server)
    await using beside = await openNatsBus(server)
    await using elsewhere = await openNatsBus(server, {}, randomUUID())
    const id = newConversationId()
    const alice = user('alice')
    using noticesBeside = new Notices(beside.bus, alice)
    using noticesElsewhere = new Notices(elsewhere.bus, alice)
    using eventsBeside = new ReceivedAnnouncements(beside.bus, id)
    using eventsElsewhere = new ReceivedAnnouncements(elsewhere.bus, id)
    await Promise.all([noticesBeside, noticesElsewhere, eventsBeside, eventsElsewhere].map(({ ready }) => ready))
    here.bus.publish([sent(id, 1, ['here'])], [{ userId: alice, conversationId: id, sequence: 1 }])
    await until(
      () => noticesBeside.received.length === 1 && eventsBeside.received.length === 1,
      'the other node of the deployment received both',
    )
    // Receiving only what was published later shows that the earlier messages were not delivered.
    await using neighbour = await openNatsBus(server, {}, elsewhere.epoch)
    neighbour.bus.publish([sent(id, 2, ['there'])], [{ userId: alice, conversationId: id, sequence: 2 }])
    await until(
      () => noticesElsewhere.received.length > 0 && eventsElsewhere.received.length > 0,
      'messages of its own deployment',
    )
    expect(noticesElsewhere.received).toMatchObject([{ sequence: 2 }])
    expect(eventsElsewhere.received).toMatchObject([{ events: [{ sequence: 2 }] }])
    expect(elsewhere.counts.ignored).toBe(0)
  })

  it('sends only the head of a log above 64 KiB, or above the limit of the server', async () => {
    await using server = await NatsServer.start({ configuration: 'max_payload: 4096' })
    await using one = await openNatsBus(server)
    await using other = await openNatsBus(server)
    const id = newConversationId()
    using subscriber = new ReceivedAnnouncements(other.bus, id)
    await subscriber.ready
    one.bus.publish([sent(id, 1, ['x'.repeat(100)]), sent(id, 2, ['x'.repeat(5000)])], [])
    await until(() => subscriber.received.length === 2, 'both')
    expect(subscriber.received[0]).toMatchObject({ conversationId: id })
    expect(subscriber.received[1]).toBe(2)
  })

  it('subscribes once to a subject, and only while it has a local listener', async () => {
    await using server = await NatsServer.start({ configuration: 'trace: true' })
    await using one = await openNatsBus(server)
    const id = newConversationId()
    const listening = [
      new ReceivedAnnouncements(one.bus, id),
      new ReceivedAnnouncements(one.bus, id),
      new Notices(one.bus, user('alice')),
    ]
    await Promise.all(listening.map(({ ready }) => ready))
    await until(() => subscriptionsOf(server) === 2, 'two subscriptions')
    for (const each of listening) each[Symbol.dispose]()
    await until(() => subscriptionsOf(server) === 0, 'no subscription')
  })

  it('logs why it is refused, and keeps retrying', async () => {
    const configuration = 'authorization { user: ann, password: "a secret" }'
    await using server = await NatsServer.start({ configuration })
    await using unauthorized = await openNatsBus(server)
    await using ann = await openNatsBus({ host: server.host, port: server.port, user: 'ann', password: 'a secret' })
    expect(ann.bus.state).toBe('up')
    await until(() => unauthorized.logged.length > 0, 'the refusal')
    expect(unauthorized.bus.state).toBe('degraded')
    const [refusal] = unauthorized.logged
    expect(refusal?.message).toBe('NATS cannot be reached; retrying')
    expect(refusal?.fields).toMatchObject({ err: { message: expect.stringContaining('Authorization Violation') } })
    expect(JSON.stringify([...unauthorized.logged, ...ann.logged])).not.toContain('a secret')
  })

  it('is degraded where it lacks permission to publish or to subscribe', async () => {
    const configuration = `authorization { users: [
      { user: mute, password: p, permissions: { publish: { deny: ["messenger.>"] } } },
      { user: deaf, password: p, permissions: { subscribe: { deny: ["messenger.>"] } } } ] }`
    await using server = await NatsServer.start({ configuration })
    const as = (name: string) => openNatsBus({ host: server.host, port: server.port, user: name, password: 'p' })
    await using mute = await as('mute')
    await using deaf = await as('deaf')
    const id = newConversationId()
    mute.bus.publish([sent(id, 1, ['not delivered'])], [])
    using subscriber = new ReceivedAnnouncements(deaf.bus, id)
    await subscriber.ready
    await Promise.all([untilState(mute.bus, 'degraded'), untilState(deaf.bus, 'degraded')])
    for (const { logged } of [mute, deaf])
      expect(logged.map(({ message }) => message)).toContain('NATS refused a publication or subscription')
  })

  it('does not wait long for a server that is paused', async () => {
    await using server = await NatsServer.start()
    await using one = await openNatsBus(server, { pingMs: 10_000 })
    await server.pause()
    const before = performance.now()
    using subscriber = new ReceivedAnnouncements(one.bus, newConversationId())
    await subscriber.ready
    const waited = performance.now() - before
    expect(waited).toBeGreaterThan(150)
    expect(waited).toBeLessThan(3000)
    server.resume()
  })
})
