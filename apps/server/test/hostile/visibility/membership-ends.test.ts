import { type Conversation, type LogEvent, type Message, type MessageId, Refusal } from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { updateConversation } from '../../../src/services/commands/conversations.ts'
import { addMembers, leaveConversation, removeMember } from '../../../src/services/commands/members.ts'
import { deleteMessage, updateMessage } from '../../../src/services/commands/messages.ts'
import { addReaction } from '../../../src/services/commands/reactions.ts'
import { Backend, user } from '../../backend.ts'
import { Collector } from '../../delivery/collector.ts'

/** Only announcements bring anything: no comparison with the store comes between. */
const hub = { compareEveryMs: 3_600_000, inboxEveryMs: 3_600_000 }

const kinds = [
  'send',
  'edit',
  'delete',
  'react',
  'rename',
  'remove',
  'leave',
  'add',
  'addCarol',
  'removeCarol',
] as const
type Step = { readonly kind: (typeof kinds)[number] | 'breathe'; readonly which: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), which: fc.nat(9) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom(...kinds), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('breathe' as const), which: fc.constant(0) }) },
)

const command = (backend: Backend, { id }: Conversation, messages: readonly MessageId[], { kind, which }: Step) => {
  const messageId = messages[which % messages.length]
  const of = { conversationId: id }
  switch (kind) {
    case 'remove':
      return backend.run(removeMember, 'alice', { ...of, userId: user('bob') })
    case 'leave':
      return backend.run(leaveConversation, 'bob', of)
    case 'add':
      return backend.run(addMembers, 'alice', { ...of, userIds: [user('bob')] })
    case 'addCarol':
      return backend.run(addMembers, 'alice', { ...of, userIds: [user('carol')] })
    case 'removeCarol':
      return backend.run(removeMember, 'alice', { ...of, userId: user('carol') })
    case 'rename':
      return backend.run(updateConversation, 'alice', { ...of, name: `name ${which}` })
    default:
  }
  if (messageId === undefined) return undefined
  switch (kind) {
    case 'edit':
      return backend.run(updateMessage, 'alice', {
        messageId,
        content: { text: `edited ${which}`, format: 'PLAIN' },
        expectedVersion: null,
      })
    case 'delete':
      return backend.run(deleteMessage, 'alice', { messageId })
    default:
      return backend.run(addReaction, 'alice', { messageId, emoji: '👍' })
  }
}

/** Refusals are among what may happen; anything else is a fault. */
const allowed = (error: unknown): void => {
  if (!(error instanceof Refusal) || error.code === 'INTERNAL') throw error
}

const haveOneSubject = (one: LogEvent, other: LogEvent): boolean =>
  ('messageId' in one && 'messageId' in other && one.messageId === other.messageId) ||
  ('membershipId' in one && 'membershipId' in other && one.membershipId === other.membershipId) ||
  // A conversation changes with each event.
  one.type === 'ConversationUpdated'

const isEnd = (event: LogEvent): boolean => event.type === 'MemberLeft' && event.userId === 'bob'

/** The spans of a log in which bob was a member, from `start` on, each with the event that ended it. */
const spansOf = (log: readonly LogEvent[], start: number): readonly (readonly LogEvent[])[] => {
  const spans: LogEvent[][] = [[]]
  let member = true
  for (const event of log.slice(start)) {
    if (event.type === 'MemberJoined' && event.userId === 'bob') {
      spans.push([])
      member = true
    }
    if (member) spans.at(-1)?.push(event)
    if (isEnd(event)) member = false
  }
  return spans.filter(span => span.length > 0)
}

/** What of a span must have come: all but what is about something that changed after the span's end. */
const pending = (log: readonly LogEvent[], span: readonly LogEvent[]): readonly number[] => {
  const end = span.at(-1)
  if (end === undefined || !isEnd(end)) return span.map(({ sequence }) => sequence)
  const later = log.slice(end.sequence)
  return span.filter(event => !later.some(other => haveOneSubject(event, other))).map(({ sequence }) => sequence)
}

const rising = (sequences: readonly number[]): readonly number[] => [...new Set(sequences)].sort((a, b) => a - b)

/** No row shows anything that came after the end that it was delivered before. */
const requireNothingLater = ({ items }: Collector, log: readonly LogEvent[]): void => {
  for (const item of items) {
    if (item.kind !== 'event') continue
    const end = log.slice(item.event.sequence - 1).find(isEnd)
    const back = log.slice(end?.sequence).some(event => event.type === 'MemberJoined' && event.userId === 'bob')
    if (end !== undefined && !back) {
      expect(item.message?.changedSequence ?? 0).toBeLessThanOrEqual(end.sequence)
      expect(item.conversation?.lastSequence ?? 0).toBeLessThanOrEqual(end.sequence)
    }
  }
}

const play = async (backend: Backend, steps: readonly Step[]): Promise<void> => {
  const room = await backend.create('alice', { members: ['bob'] })
  const marker = await backend.create('alice', { members: ['bob'] })
  const first = await backend.send('alice', room, 'first')
  const start = first.sequence
  using live = await Collector.conversation(backend, 'bob', room, { after: start })
  using inbox = await Collector.inbox(backend, 'bob')
  using late = await Collector.conversation(backend, 'bob', room, { after: start })
  late.pause()
  const messages: MessageId[] = [first.id]
  const running: Promise<unknown>[] = []
  const settled = async (): Promise<void> => void (await Promise.all(running.splice(0)))
  for (const one of steps) {
    if (one.kind === 'breathe') {
      await settled()
      continue
    }
    const sent = one.kind === 'send' ? backend.send('alice', room, `text ${one.which}`) : undefined
    const answered: Promise<unknown> | undefined = sent ?? command(backend, room, messages, one)
    if (sent !== undefined) void sent.then((message: Message) => messages.push(message.id), allowed)
    if (answered !== undefined) running.push(answered.catch(allowed))
  }
  await settled()
  await backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') }).catch(allowed)
  await backend.send('alice', marker, 'the last of all')
  await inbox.until(({ texts }) => texts.includes('the last of all'), 'the last message')
  const log = (await backend.store.latest.log.page({ conversationId: room.id, after: 0, limit: 1000 })).events
  late.resume()
  const spans = spansOf(log, start)
  const [untilEnd = []] = spans
  const end = untilEnd.at(-1)?.sequence ?? 0
  for (const subscriber of [live, late]) {
    await subscriber.until(({ items }) => items.some(({ kind }) => kind === 'ended'), 'the end')
    expect(subscriber.sequences).toEqual(rising(subscriber.sequences))
    expect(subscriber.sequences.at(-1)).toBe(end)
    expect(subscriber.sequences).toEqual(expect.arrayContaining([...pending(log, untilEnd)]))
    requireNothingLater(subscriber, log)
  }
  const ofRoom = inbox.events.filter(({ conversationId }) => conversationId === room.id).map(e => e.sequence)
  expect(ofRoom).toEqual(rising(ofRoom))
  for (const [index, span] of spans.entries()) {
    const came = ofRoom.filter(sequence => span.some(event => event.sequence === sequence))
    // A user who is out again before anyone could look is not announced of having been in.
    if (index === 0 || came.length > 0) expect(came).toEqual(expect.arrayContaining([...pending(log, span)]))
  }
  requireNothingLater(inbox, log)
}

describe('a user who stops being a member', () => {
  it.each(['a conversation', 'an inbox'])('gets from %s what came before their end, then the end', async what => {
    await using backend = await Backend.open(undefined, hub)
    for (let round = 0; round < 10; round += 1) {
      const room = await backend.create('alice', { members: ['bob'] })
      using bob =
        what === 'an inbox'
          ? await Collector.inbox(backend, 'bob')
          : await Collector.conversation(backend, 'bob', room, { after: room.lastSequence })
      await Promise.all([
        backend.send('alice', room, 'one'),
        backend.send('alice', room, 'two'),
        backend.run(removeMember, 'alice', { conversationId: room.id, userId: user('bob') }),
        backend.send('alice', room, 'three'),
      ])
      await bob.until(({ items }) => items.some(({ kind }) => kind === 'ended'), 'the end')
      expect(bob.sequences).toEqual([1, 2, 3].map(more => room.lastSequence + more))
      expect(bob.texts).toEqual(['one', 'two'])
    }
  })

  it('gets what came before their end, and nothing of later, with any concurrent changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 40 }), async steps => {
        await using backend = await Backend.open(undefined, hub)
        await play(backend, steps)
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) },
    )
  }, 120_000)
})
