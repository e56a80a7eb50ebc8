import { assertNever, type Conversation, type ConversationId, type EventBus } from '@cpc-messenger/messenger'
import { connect } from '@nats-io/transport-node'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Hub } from '../../../src/delivery/streams/hub.ts'
import { SubscriptionService } from '../../../src/delivery/streams/subscription-service.ts'
import { MessageSigner } from '../../../src/infrastructure/bus/link/message-signer.ts'
import { Subjects } from '../../../src/infrastructure/bus/link/subjects.ts'
import { encodeAnnouncement, encodeNotice } from '../../../src/infrastructure/bus/wire/announcement-form.ts'
import { addMembers } from '../../../src/services/commands/members.ts'
import { updateMessage } from '../../../src/services/commands/messages.ts'
import { Backend, silentLog, user } from '../../backend.ts'
import { epochOfTests, openNatsBus, secretOfTests, signerOfTests } from '../../bus/nats-bus.ts'
import { sent } from '../../bus/received-announcements.ts'
import { Collector } from '../../delivery/collector.ts'
import { NatsServer, skipWithoutNats } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'

const never = { compareEveryMs: 3_600_000, inboxEveryMs: 3_600_000 }
const greatest = 2_147_483_647
const subjects = new Subjects(signerOfTests.prefix)
const outsiders = {
  'of another database': new MessageSigner(Buffer.alloc(32, 9).toString('base64url'), epochOfTests),
  'of another epoch': new MessageSigner(secretOfTests, '00000000-98fc-4c14-9afb-f4c8996fb924'),
}

interface Captured {
  readonly subject: string
  readonly data: Uint8Array
}

const kinds = ['random', 'unsigned', 'foreign', 'truncated', 'flipped', 'extended', 'replayed', 'moved'] as const
interface Attack {
  readonly kind: (typeof kinds)[number]
  readonly which: number
  readonly bytes: Uint8Array
}

const attack: fc.Arbitrary<Attack> = fc.record({
  kind: fc.constantFrom(...kinds),
  which: fc.nat(10_000),
  bytes: fc.uint8Array({ maxLength: 100 }),
})

const pick = <Item>(items: readonly Item[], which: number): Item => {
  const item = items[which % items.length]
  if (item === undefined) throw new TypeError('there is nothing to pick from')
  return item
}

/** What someone would publish who wants others to see what never was. */
const lies = (id: ConversationId, which: number): Uint8Array => {
  const bogus = sent(id, 1 + (which % 40), ['never sent'])
  return pick(
    [
      Buffer.from(JSON.stringify({ format: 1, conversationId: id, head: greatest })),
      Buffer.from(JSON.stringify({ conversationId: id, head: greatest })),
      Buffer.from(JSON.stringify({ format: 1, ...bogus })),
      encodeAnnouncement(bogus),
      encodeNotice({ userId: user('bob'), conversationId: id, sequence: greatest }),
    ],
    which,
  )
}

const flipped = (data: Uint8Array, which: number): Uint8Array => {
  const copy = Uint8Array.from(data)
  const bit = which % (copy.length * 8)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

/** Two nodes, people on both, and someone who may publish and listen to everything. */
const openNodes = async () => {
  await using resources = new AsyncDisposableStack()
  const server = resources.use(await NatsServer.start())
  const one = resources.use(await openNatsBus(server))
  const other = resources.use(await openNatsBus(server))
  const backend = resources.use(await Backend.open(one.bus, never))
  const lost: string[] = []
  const errors: object[] = []
  const log = { ...silentLog, error: (fields: object, message: string) => void errors.push({ message, ...fields }) }
  const startNode = (bus: EventBus) =>
    new Hub({ store: backend.store, bus, log, lostTail: id => void lost.push(id), ...never })
  const hub = resources.use(startNode(other.bus))
  const foreign = await connect({ servers: `127.0.0.1:${server.port}`, noEcho: true })
  resources.defer(() => foreign.close())
  const captured: Captured[] = []
  foreign.subscribe('messenger.>', { callback: (_, { subject, data }) => void captured.push({ subject, data }) })
  await foreign.flush()
  const room = await backend.create('alice', { members: ['bob'] })
  await until(() => captured.length >= 2, 'the announcement and the notices of the room')
  const owned = resources.move()
  return {
    backend,
    room,
    hub,
    subscriptionService: new SubscriptionService(hub),
    other,
    lost,
    errors,
    captured,
    startNode: () => startNode(other.bus),
    async publish(subject: string, data: Uint8Array) {
      foreign.publish(subject, data)
      await foreign.flush()
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  }
}

type Nodes = Awaited<ReturnType<typeof openNodes>>

const perform = async ({ captured, room, publish }: Nodes, { kind, which, bytes }: Attack): Promise<void> => {
  const ofRoom = subjects.conversation(room.id)
  const anywhere = [ofRoom, subjects.user(user('bob'))]
  const genuine = pick(captured, which)
  switch (kind) {
    case 'random':
      return publish(pick(anywhere, which), bytes)
    case 'unsigned':
      return publish(pick(anywhere, which), lies(room.id, which))
    case 'foreign':
      return publish(pick(anywhere, which), pick(Object.values(outsiders), which).sign(lies(room.id, which >> 1)))
    case 'truncated':
      return publish(genuine.subject, genuine.data.subarray(0, which % genuine.data.length))
    case 'flipped':
      return publish(genuine.subject, flipped(genuine.data, which >> 2))
    case 'extended':
      return publish(genuine.subject, Buffer.concat([genuine.data, Buffer.of(which & 255)]))
    case 'replayed':
      return publish(genuine.subject, genuine.data)
    case 'moved':
      return publish(pick(captured, which + 1).subject, genuine.data)
    default:
      return assertNever(kind)
  }
}

const textsFromTheStart = async (hub: Hub, room: Conversation, during: () => Promise<unknown>, last: string) => {
  const subscriptionService = new SubscriptionService(hub)
  const [reader] = await Promise.all([
    Collector.conversation({ subscriptionService }, 'bob', room, { after: 0 }),
    during(),
  ])
  using _closed = reader
  await reader.until(({ texts }) => texts.includes(last), 'the last message')
  return reader.texts
}

describe.skipIf(skipWithoutNats())('a user who may publish on the bus and has no key', () => {
  it('changes neither what subscribers get nor the epoch, with random, forged, damaged and repeated messages', async () => {
    await using nodes = await openNodes()
    const { backend, room, hub, other, lost, errors, captured, startNode } = nodes
    using bob = await Collector.conversation(nodes, 'bob', room)
    using inbox = await Collector.inbox(nodes, 'bob')
    const texts: string[] = []
    const latest: string[] = []
    let count = 0
    const play = async (attacks: readonly Attack[]): Promise<void> => {
      count += 1
      for (const each of attacks) await perform(nodes, each)
      const message = await backend.send('alice', room, `text ${count}`)
      for (const each of attacks) await perform(nodes, each)
      const edited = { text: `edited ${count}`, format: 'PLAIN' as const }
      await backend.run(updateMessage, 'alice', { messageId: message.id, content: edited, expectedVersion: null })
      texts.push(`text ${count}`, `edited ${count}`)
      latest.push(`edited ${count}`, `edited ${count}`)
      for (const each of [bob, inbox])
        await each.until(received => received.texts.length >= texts.length, 'both events')
      for (const each of [bob, inbox]) {
        expect(each.texts.map(text => text.replace('text', 'edited'))).toEqual(latest)
        expect(new Set(each.sequences).size).toBe(each.sequences.length)
      }
      await hub.comparison.run()
      // On a node that knows nothing of the log yet, old messages come again before anything is read.
      using fresh = startNode()
      const again = () => Promise.all(captured.slice(-6).map(({ subject, data }) => nodes.publish(subject, data)))
      expect(await textsFromTheStart(fresh, room, again, `edited ${count}`)).toEqual(latest)
      expect([lost, errors]).toEqual([[], []])
    }
    await fc.assert(fc.asyncProperty(fc.array(attack, { minLength: 1, maxLength: 12 }), play), {
      numRuns: 25,
      endOnFailure: true,
    })
    expect(await backend.store.storedEpoch()).toBe(backend.store.epoch)
    expect(other.counts.ignored).toBeGreaterThan(25)
    expect(other.logged.filter(({ level }) => level === 'warn').length).toBeLessThanOrEqual(2)
  }, 60_000)

  it.each(Object.entries(outsiders))('is not believed with the key %s', async (_, signer) => {
    await using nodes = await openNodes()
    using bob = await Collector.conversation(nodes, 'bob', nodes.room)
    const subject = subjects.conversation(nodes.room.id)
    await nodes.publish(subject, signer.sign(encodeAnnouncement(sent(nodes.room.id, 3, ['never sent']))))
    await until(() => nodes.other.counts.ignored === 1, 'it is ignored')
    await nodes.backend.send('alice', nodes.room, 'sent')
    await bob.until(({ texts }) => texts.length > 0, 'the message')
    expect(bob.texts).toEqual(['sent'])
  })
})

describe.skipIf(skipWithoutNats())('a head that only the bus has announced', () => {
  it('is not taken for a lost tail, and is discarded at the next comparison, even signed with the right key', async () => {
    await using nodes = await openNodes()
    const { backend, room, hub, lost, errors, publish } = nodes
    await hub.comparison.run()
    using bob = await Collector.conversation(nodes, 'bob', room)
    const head = Buffer.from(JSON.stringify({ conversationId: room.id, head: greatest }))
    await publish(subjects.conversation(room.id), signerOfTests.sign(head))
    await until(() => hub.logs.cursorsBehind > 0, 'the head is received')
    await hub.comparison.run()
    expect(lost).toEqual([])
    expect(errors).toMatchObject([
      { message: 'another node announced events that are not in the store', received: greatest },
    ])
    await backend.send('alice', room, 'sent')
    await bob.until(({ texts }) => texts.includes('sent'), 'the message')
    expect(await backend.store.storedEpoch()).toBe(backend.store.epoch)
    await backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('carol')] })
    await bob.until(({ events }) => events.at(-1)?.type === 'MemberJoined', 'what follows')
  })
})
