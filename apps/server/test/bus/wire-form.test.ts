import {
  type Announcement,
  type BusSubscription,
  type ConversationId,
  type ConversationListener,
  type EventBus,
  eventTypes,
  type Json,
  type MembershipNotice,
  type UserId,
} from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InProcessEventBus } from '../../src/infrastructure/bus/in-process/event-bus.ts'
import {
  decodeNotice,
  decodeOfConversation,
  encodeAnnouncement,
  encodeNotice,
  maxMessageBytes,
} from '../../src/infrastructure/bus/wire/announcement-form.ts'
import { deleteConversation, updateConversation } from '../../src/services/commands/conversations.ts'
import { addMembers, joinConversation, leaveConversation, removeMember } from '../../src/services/commands/members.ts'
import { deleteMessage, updateMessage } from '../../src/services/commands/messages.ts'
import { addReaction, removeReaction } from '../../src/services/commands/reactions.ts'
import { Backend, silentLog, user } from '../backend.ts'
import { anyBytes } from './any-bytes.ts'
import { newConversationId, sent } from './received-announcements.ts'

/** Keeps what is published. */
class KeepingBus implements EventBus {
  readonly #inner = new InProcessEventBus(silentLog)
  readonly state = 'up'
  readonly announcements: Announcement[] = []
  readonly notices: MembershipNotice[] = []

  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void {
    this.announcements.push(...announcements)
    this.notices.push(...notices)
    this.#inner.publish(announcements, notices)
  }

  subscribe(id: ConversationId, listener: ConversationListener): BusSubscription {
    return this.#inner.subscribe(id, listener)
  }

  subscribeUser(id: UserId, listener: (notice: MembershipNotice) => void): BusSubscription {
    return this.#inner.subscribeUser(id, listener)
  }

  onRestored(): Disposable {
    return this.#inner.onRestored()
  }
}

/** One of everything that the services announce today. */
const playAll = async (backend: Backend): Promise<void> => {
  const room = await backend.create('alice', { members: ['bob', 'carol'] })
  const channel = await backend.create('alice', { kind: 'CHANNEL' })
  const conversationId = room.id
  await backend.create('alice', { kind: 'DIRECT', members: ['bob'] })
  const [first, second] = await Promise.all([
    backend.send('alice', room, 'hello <@bob> 👍\u2028"\\', 'a key'),
    backend.send('bob', room, 'second'),
  ])
  const content = { text: '*edited*', format: 'MARKDOWN' as const }
  await backend.run(updateMessage, 'alice', { messageId: first.id, content, expectedVersion: null })
  await backend.run(addReaction, 'bob', { messageId: first.id, emoji: '👍🏽' })
  await backend.run(removeReaction, 'bob', { messageId: first.id, emoji: '👍🏽' })
  await backend.run(deleteMessage, 'bob', { messageId: second.id })
  const settings = { slowModeSeconds: 5, postingRole: 'MODERATOR' as const }
  await backend.run(updateConversation, 'alice', { conversationId, name: 'other', topic: 'a topic', settings })
  await backend.run(updateConversation, 'alice', { conversationId, metadata: { any: [1, 2.5, null, 'x'] } })
  await backend.run(addMembers, 'alice', { conversationId, userIds: [user('dan')] })
  await backend.run(removeMember, 'alice', { conversationId, userId: user('dan') })
  await backend.run(leaveConversation, 'carol', { conversationId })
  await backend.run(joinConversation, 'dan', { conversationId: channel.id })
  await backend.run(deleteConversation, 'alice', { conversationId })
}

const parsed = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

describe('what goes over the bus', () => {
  it('is decoded to what was encoded, for everything that the services announce', async () => {
    const bus = new KeepingBus()
    await using backend = await Backend.open(bus)
    await playAll(backend)
    for (const announcement of bus.announcements)
      expect(decodeOfConversation(encodeAnnouncement(announcement), announcement.conversationId)).toStrictEqual({
        kind: 'announcement',
        announcement,
      })
    expect(bus.notices.length).toBeGreaterThan(4)
    for (const notice of bus.notices) expect(decodeNotice(encodeNotice(notice), notice.userId)).toStrictEqual(notice)
    const seen = new Set(bus.announcements.flatMap(({ events }) => events.map(({ type }) => type)))
    // No use case changes a membership yet.
    expect(eventTypes.filter(type => !seen.has(type))).toEqual(['MemberUpdated'])
  })

  it('is only the sequence where more than 64 KiB would have to be sent', () => {
    const id = newConversationId()
    for (const texts of [['x'.repeat(maxMessageBytes)], ['👍'.repeat(20_000)], Array<string>(200).fill('short')]) {
      const bytes = encodeAnnouncement(sent(id, 7, texts))
      expect(bytes.length).toBeLessThan(200)
      expect(decodeOfConversation(bytes, id)).toEqual({ kind: 'head', head: 6 + texts.length })
    }
    const most = encodeAnnouncement(sent(id, 7, ['x'.repeat(60_000)]))
    expect(most.length).toBeGreaterThan(60_000)
    expect(decodeOfConversation(most, id)?.kind).toBe('announcement')
  })

  it('carries the trace of a command, and is accepted without a trace that is invalid', () => {
    const id = newConversationId()
    const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const good = sent(id, 1, ['one'])
    const decoded = (announcement: object) => decodeOfConversation(parsed(announcement), id)
    expect(decodeOfConversation(encodeAnnouncement({ ...good, trace }), id)).toStrictEqual({
      kind: 'announcement',
      announcement: { ...good, trace },
    })
    for (const bad of [7, null, '', `${trace}-more`, trace.toUpperCase(), { trace }])
      expect(decoded({ ...good, trace: bad })).toStrictEqual({ kind: 'announcement', announcement: good })
  })

  it('is rejected where it is of another conversation, or a notice for another user', () => {
    const [one, other] = [newConversationId(), newConversationId()]
    expect(decodeOfConversation(encodeAnnouncement(sent(one, 1, ['text'])), other)).toBeUndefined()
    const notice = { userId: user('alice'), conversationId: one, sequence: 1 }
    expect(decodeNotice(encodeNotice(notice), user('bob'))).toBeUndefined()
    expect(decodeOfConversation(encodeNotice(notice), one)).toBeUndefined()
    expect(decodeNotice(encodeAnnouncement(sent(one, 1, ['text'])), user('alice'))).toBeUndefined()
  })

  it('is rejected with a gap, without an event, or with a row of another conversation', () => {
    const [id, other] = [newConversationId(), newConversationId()]
    const good = sent(id, 1, ['one', 'two'])
    const [first, second] = good.events
    const kindOf = (change: Partial<Announcement>) => decodeOfConversation(parsed({ ...good, ...change }), id)?.kind
    expect(kindOf({})).toBe('announcement')
    expect(kindOf({ events: [] })).toBeUndefined()
    expect(kindOf({ events: [second, first].flatMap(event => event ?? []) })).toBeUndefined()
    expect(kindOf({ events: good.events.map(event => ({ ...event, sequence: event.sequence * 2 })) })).toBeUndefined()
    expect(kindOf({ rows: sent(other, 1, ['one', 'two']).rows })).toBeUndefined()
    for (const head of [0, -1, 1.5, '7', 2 ** 31, null])
      expect(decodeOfConversation(parsed({ conversationId: id, head }), id)).toBeUndefined()
  })

  it('is refused where any one value of it is of another kind, or any key is missing or unknown', () => {
    const id = newConversationId()
    const good = JSON.parse(JSON.stringify(sent(id, 1, ['one', 'two']))) as Json
    const places = [...placesOf(good)].filter(path => !path.includes('metadata'))
    expect(places.length).toBeGreaterThan(40)
    for (const path of places) {
      const wrong = changedAt(good, path, () => ({ not: 'this' }))
      expect(decodeOfConversation(parsed(wrong), id), path.join('.')).toBeUndefined()
      const without = changedAt(good, path, () => undefined)
      expect(decodeOfConversation(parsed(without), id), `without ${path.join('.')}`).toBeUndefined()
    }
  })

  it('never throws, with any bytes', () => {
    const id = newConversationId()
    fc.assert(
      fc.property(anyBytes, bytes => {
        expect(decodeOfConversation(bytes, id)).toBeUndefined()
        expect(decodeNotice(bytes, user('alice'))).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })
})

type Path = readonly (string | number)[]

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const placesOf = function* (value: Json, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* placesOf(item, [...path, index])
  else if (isObject(value)) for (const [key, item] of Object.entries(value)) yield* placesOf(item, [...path, key])
}

/** The value with a change at one path; undefined leaves null in a list and removes the key of an object. */
const changedAt = (value: Json, [key, ...rest]: Path, change: () => Json | undefined): Json => {
  const next = (item: Json): Json | undefined => (rest.length === 0 ? change() : changedAt(item, rest, change))
  if (Array.isArray(value)) return value.map((item: Json, index) => (index === key ? (next(item) ?? null) : item))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, item]) => {
      const changed = name === key ? next(item) : item
      return changed === undefined ? [] : [[name, changed]]
    }),
  )
}
