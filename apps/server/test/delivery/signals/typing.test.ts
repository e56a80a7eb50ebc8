import {
  type Conversation,
  type MessageId,
  type PresenceChoice,
  parseMessageId,
  type Refusal,
} from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { updateConversation } from '../../../src/services/commands/conversations.ts'
import { leaveConversation } from '../../../src/services/commands/members.ts'
import { deleteMessage, sendMessage } from '../../../src/services/commands/messages.ts'
import { setPresence } from '../../../src/services/commands/presence.ts'
import { actor, Backend, user } from '../../backend.ts'
import { noChanges } from '../../storage/scribe.ts'
import { until } from '../../support/until.ts'
import { SignalCollector } from './signal-collector.ts'

const setTyping = (
  { typing }: Pick<Backend, 'typing'>,
  name: string,
  { id }: Pick<Conversation, 'id'>,
  { isTyping = true, threadRootId = null as MessageId | null, connectionId = undefined as string | undefined } = {},
): Promise<void> => typing.set({ conversationId: id, threadRootId, typing: isTyping }, actor(name), connectionId)

const reply = (backend: Backend, name: string, room: Conversation, threadRootId: MessageId) =>
  backend.run(sendMessage, name, {
    conversationId: room.id,
    content: { text: 'a reply', format: 'PLAIN' },
    clientMessageId: null,
    replyToId: null,
    metadata: null,
    threadRootId,
  })

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'OK',
    (error: Refusal) => error.code,
  )

describe.concurrent('Typing', () => {
  it('is sent to the members who subscribe, and to later ones at once', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    using alice = await SignalCollector.conversation(backend, 'alice', room, ['TYPING'])
    using other = await SignalCollector.conversation(backend, 'alice', room, ['PRESENCE'])
    await setTyping(backend, 'bob', room)
    expect(alice.signals).toEqual([
      { type: 'TypingStarted', conversationId: room.id, threadRootId: null, userId: 'bob' },
    ])
    using carol = await SignalCollector.conversation(backend, 'carol', room, ['TYPING'])
    expect(carol.signals).toEqual(alice.signals)
    expect(other.signals).toEqual([])
    await setTyping(backend, 'bob', room, { isTyping: false })
    await carol.until(({ typing }) => typing.includes('-bob'), 'the end of typing')
    expect(carol.typing).toEqual(['+bob', '-bob'])
  })

  it('is known to the first subscriber too', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    await setTyping(backend, 'bob', room)
    using alice = await SignalCollector.conversation(backend, 'alice', room, ['TYPING'])
    expect(alice.typing).toEqual(['+bob'])
  })

  it('ends by itself after six seconds, unless it is set again, which is not sent', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol'] })
    using alice = await SignalCollector.conversation(backend, 'alice', room, ['TYPING'])
    await setTyping(backend, 'bob', room)
    await setTyping(backend, 'carol', room)
    await new Promise(resolve => setTimeout(resolve, 3000))
    await setTyping(backend, 'carol', room)
    await alice.until(({ typing }) => typing.includes('-carol'), 'the end of typing')
    expect(alice.typing).toEqual(['+bob', '+carol', '-bob', '-carol'])
    const [bob = 0, carol = 0, bobEnd = 0, carolEnd = 0] = alice.sent.map(({ at }) => at)
    expect(bobEnd - bob).toBeGreaterThan(5900)
    expect(bobEnd - bob).toBeLessThan(7500)
    expect(carolEnd - carol).toBeGreaterThan(8900)
    expect(carolEnd - carol).toBeLessThan(10_500)
    expect(backend.typing.typistsIn(room.id)).toEqual([])
  }, 30_000)

  it('ends when the user sends a message, in that place only', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const root = await backend.send('alice', room, 'the root of a thread')
    using alice = await SignalCollector.conversation(backend, 'alice', room, ['TYPING'])
    await setTyping(backend, 'bob', room)
    await setTyping(backend, 'bob', room, { threadRootId: root.id })
    expect(alice.typing).toEqual(['+bob', `+bob in ${root.id}`])
    await backend.send('bob', room, 'done')
    await alice.until(({ typing }) => typing.length === 3, 'the end of typing')
    expect(alice.typing.at(-1)).toBe('-bob')
    await reply(backend, 'bob', room, root.id)
    await alice.until(({ typing }) => typing.length === 4, 'the end of typing in the thread')
    expect(alice.typing.at(-1)).toBe(`-bob in ${root.id}`)
    await setTyping(backend, 'bob', room)
    await alice.until(({ typing }) => typing.length === 5, 'typing again')
  })

  it('does not begin if the user leaves or sends a message while the permission is read', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const { id: membershipId, userId } = await backend.reading('bob').requireMember(room.id)
    const event = { conversationId: room.id, threadRootId: null, sequence: 9, occurredAt: 0 }
    const left = setTyping(backend, 'bob', room)
    backend.typing.committed({
      events: [{ ...event, type: 'MemberLeft', actorId: null, membershipId, userId, reason: 'LEFT' }],
      presences: [],
    })
    await left
    expect(backend.typing.typistsIn(room.id)).toEqual([])
    const message = await backend.send('bob', room, 'sent')
    const sent = setTyping(backend, 'bob', room)
    backend.typing.committed({
      events: [{ ...event, type: 'MessageCreated', actorId: userId, messageId: message.id }],
      presences: [],
    })
    await sent
    expect(backend.typing.typistsIn(room.id)).toEqual([])
  })

  it('is sent at most once in two seconds for each user and place, and the last state is sent', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    using alice = await SignalCollector.conversation(backend, 'alice', room, ['TYPING'])
    const until5s = performance.now() + 5000
    for (let turn = 0; performance.now() < until5s; turn += 1) {
      await setTyping(backend, 'bob', room, { isTyping: turn % 2 === 0 })
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    await setTyping(backend, 'bob', room, { isTyping: false })
    await alice.until(({ typing }) => typing.at(-1) === '-bob', 'the last state')
    expect(alice.sent.length).toBeLessThanOrEqual(5)
    for (const [index, { at }] of alice.sent.entries())
      if (index > 0) expect(at - (alice.sent[index - 1]?.at ?? 0)).toBeGreaterThan(1950)
  }, 30_000)

  it('is sent of five users in each place; the next one is sent when one of them stops', async () => {
    await using backend = await Backend.open()
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const room = await backend.create('alice', { members: names })
    const root = await backend.send('alice', room, 'the root of a thread')
    using alice = await SignalCollector.conversation(backend, 'alice', room, ['TYPING'])
    for (const name of names) await setTyping(backend, name, room)
    await setTyping(backend, 'g', room, { threadRootId: root.id })
    expect(alice.typing).toEqual(['+a', '+b', '+c', '+d', '+e', `+g in ${root.id}`])
    await setTyping(backend, 'c', room, { isTyping: false })
    await alice.until(({ typing }) => typing.includes('+f'), 'the sixth')
    expect(alice.typing.slice(6)).toEqual(['-c', '+f'])
    using late = await SignalCollector.conversation(backend, 'alice', room, ['TYPING'])
    expect(late.typing).toHaveLength(6)
  })

  it('ends when the user leaves, when the connection that set it ends, and when the user becomes invisible', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob', 'carol', 'dave'] })
    using alice = await SignalCollector.conversation(backend, 'alice', room, ['TYPING'])
    await setTyping(backend, 'bob', room)
    await setTyping(backend, 'carol', room, { connectionId: 'a connection' })
    await setTyping(backend, 'dave', room, { connectionId: 'another' })
    await backend.run(leaveConversation, 'bob', { conversationId: room.id })
    backend.typing.disconnected('a connection')
    await alice.until(({ typing }) => typing.length === 5, 'both ends')
    expect(alice.typing.toSorted()).toEqual(['+bob', '+carol', '+dave', '-bob', '-carol'])
    backend.typing.stop(user('dave'))
    await alice.until(({ typing }) => typing.includes('-dave'), 'the end of the third')
    expect(backend.typing.typistsIn(room.id)).toEqual([])
  })

  it('of an invisible user is not sent', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    using alice = await SignalCollector.conversation(backend, 'alice', room, ['TYPING'])
    const choose = (choice: PresenceChoice) =>
      backend.run(setPresence, 'bob', { choice, statusText: undefined, statusExpiresAt: undefined })
    await setTyping(backend, 'bob', room)
    await choose('INVISIBLE')
    expect(backend.typing.typistsIn(room.id)).toEqual([])
    await alice.until(({ typing }) => typing.includes('-bob'), 'the end')
    await setTyping(backend, 'bob', room)
    await setTyping(backend, 'alice', room)
    expect(alice.typing).toEqual(['+bob', '-bob', '+alice'])
    await choose('AUTOMATIC')
    await setTyping(backend, 'bob', room)
    await alice.until(({ typing }) => typing.at(-1) === '+bob', 'typing again')
  })

  it('is refused to those who may not write there now', async () => {
    await using backend = await Backend.open()
    const room = await backend.create('alice', { members: ['bob'] })
    const channel = await backend.create('alice', { kind: 'CHANNEL', members: ['bob'] })
    const root = await backend.send('alice', room, 'a root')
    const answer = await reply(backend, 'bob', room, root.id)
    const deleted = await backend.send('alice', room, 'deleted')
    await backend.run(deleteMessage, 'alice', { messageId: deleted.id })
    const elsewhere = await backend.send('alice', channel, 'elsewhere')
    const unknown = parseMessageId('msg_01h455vb4pex5vsknk084sn02q') ?? null
    const inThread = (threadRootId: MessageId | null) => codeOf(setTyping(backend, 'bob', room, { threadRootId }))
    expect(await codeOf(setTyping(backend, 'eve', room))).toBe('NOT_FOUND')
    expect(await codeOf(setTyping(backend, 'eve', channel))).toBe('FORBIDDEN')
    expect(await inThread(root.id)).toBe('OK')
    expect(await inThread(answer.id)).toBe('BAD_USER_INPUT')
    expect(await inThread(elsewhere.id)).toBe('BAD_USER_INPUT')
    expect(await inThread(deleted.id)).toBe('MESSAGE_DELETED')
    expect(await inThread(unknown)).toBe('NOT_FOUND')
    await backend.run(updateConversation, 'alice', {
      conversationId: channel.id,
      settings: { postingRole: 'MODERATOR' },
    })
    expect(await codeOf(setTyping(backend, 'bob', channel))).toBe('FORBIDDEN')
    await silence(backend, room, 'bob')
    expect(await codeOf(setTyping(backend, 'bob', room))).toBe('SILENCED')
    expect(await codeOf(setTyping(backend, 'bob', room, { isTyping: false }))).toBe('OK')
    await until(
      () => backend.typing.typistsIn(room.id).every(({ threadRootId }) => threadRootId !== null),
      'nothing else',
    )
  })
})

const silence = async ({ store, clock }: Backend, { id }: Conversation, name: string): Promise<void> => {
  const [membership] = await store.latest.members.byPairs([{ conversationId: id, userId: user(name) }])
  if (membership === undefined) throw new TypeError('not a member')
  await using batch = await store.begin([{ conversations: [id], memberships: [membership.userId] }])
  await batch.commit({ ...noChanges, memberships: [{ ...membership, silencedUntil: clock.now() + 60_000 }] })
}
