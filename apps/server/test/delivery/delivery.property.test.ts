import { type Conversation, type Message, type MessageId, Refusal } from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InProcessEventBus } from '../../src/infrastructure/bus/in-process/event-bus.ts'
import { addMembers, leaveConversation } from '../../src/services/commands/members.ts'
import { deleteMessage, updateMessage } from '../../src/services/commands/messages.ts'
import { addReaction, removeReaction } from '../../src/services/commands/reactions.ts'
import { Backend, silentLog, user } from '../backend.ts'
import { Collector } from './collector.ts'
import { UnreliableEventBus } from './unreliable-event-bus.ts'

type Step =
  | { readonly kind: 'send' | 'edit' | 'delete' | 'react' | 'unreact'; readonly who: string; readonly which: number }
  | { readonly kind: 'coming' | 'going' }
  | { readonly kind: 'pause' | 'resume' | 'cut'; readonly subscriber: number }
  | { readonly kind: 'breathe' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('send' as const, 'send' as const, 'edit', 'delete', 'react', 'unreact'),
      who: fc.constantFrom('alice', 'bob'),
      which: fc.nat(10),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('coming' as const, 'going') }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('pause' as const, 'resume', 'cut'), subscriber: fc.nat(2) }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'breathe' as const }) },
)

const command = (backend: Backend, room: Conversation, messages: readonly MessageId[], one: Step) => {
  if (one.kind === 'coming')
    return backend.run(addMembers, 'alice', { conversationId: room.id, userIds: [user('carol')] })
  if (one.kind === 'going') return backend.run(leaveConversation, 'carol', { conversationId: room.id })
  if (!('who' in one)) return undefined
  const messageId = messages[one.which % messages.length]
  if (one.kind === 'send' || messageId === undefined) return backend.send(one.who, room, `text ${one.which}`)
  switch (one.kind) {
    case 'edit':
      return backend.run(updateMessage, one.who, {
        messageId,
        content: { text: `edited ${one.which}`, format: 'PLAIN' },
        expectedVersion: null,
      })
    case 'delete':
      return backend.run(deleteMessage, one.who, { messageId })
    case 'react':
      return backend.run(addReaction, one.who, { messageId, emoji: '👍' })
    case 'unreact':
      return backend.run(removeReaction, one.who, { messageId, emoji: '👍' })
  }
}

/** Refusals are among what may happen; anything else is a fault. */
const allowed = (error: unknown): void => {
  if (!(error instanceof Refusal) || error.code === 'INTERNAL') throw error
}

const isMessage = (answer: unknown): answer is Message =>
  typeof answer === 'object' && answer !== null && 'sentFingerprint' in answer

const play = async (backend: Backend, steps: readonly Step[]): Promise<void> => {
  const room = await backend.create('alice', { members: ['bob', 'carol'] })
  const subscribers = await Promise.all([
    Collector.conversation(backend, 'alice', room, { after: 0 }),
    Collector.conversation(backend, 'bob', room, { after: 0 }),
    Collector.inbox(backend, 'alice', { after: new Map([[room.id, 0]]) }),
  ])
  const received: number[][] = [[], [], []]
  const carol = await Collector.inbox(backend, 'carol', { after: new Map([[room.id, 0]]) })
  const messages: MessageId[] = []
  const running: Promise<void>[] = []
  for (const one of steps) {
    if (one.kind === 'breathe') await Promise.all(running.splice(0))
    else if ('subscriber' in one) {
      const subscriber = subscribers[one.subscriber]
      const soFar = received[one.subscriber]
      if (subscriber === undefined || soFar === undefined) continue
      if (one.kind !== 'cut') subscriber[one.kind]()
      else {
        soFar.push(...subscriber.sequences)
        subscriber.stream.close()
        const after = soFar.at(-1) ?? 0
        subscribers[one.subscriber] =
          one.subscriber === 2
            ? await Collector.inbox(backend, 'alice', { after: new Map([[room.id, after]]) })
            : await Collector.conversation(backend, one.subscriber === 0 ? 'alice' : 'bob', room, { after })
      }
    } else {
      const answered = command(backend, room, messages, one)
      if (answered !== undefined)
        running.push(
          Promise.resolve<unknown>(answered).then(answer => {
            if (isMessage(answer)) messages.push(answer.id)
          }, allowed),
        )
    }
  }
  await Promise.all(running)
  const [{ head = 0 } = {}] = await backend.store.latest.log.heads([room.id])
  const whole = Array.from({ length: head }, (_, index) => index + 1)
  for (const [index, subscriber] of subscribers.entries()) {
    subscriber.resume()
    const soFar = received[index] ?? []
    await subscriber.until(({ sequences }) => (sequences.at(-1) ?? soFar.at(-1) ?? 0) >= head, `event ${head}`)
    expect([...soFar, ...subscriber.sequences]).toEqual(whole)
  }
  // A user who has left sees no later event; a user who has joined again may read everything.
  const log = (await backend.store.latest.log.page({ conversationId: room.id, after: 0, limit: 1000 })).events
  const end = log.findLast(event => event.type === 'MemberLeft' && event.userId === 'carol')?.sequence ?? head
  const back = log.some(event => event.type === 'MemberJoined' && event.userId === 'carol' && event.sequence > end)
  const seen = carol.sequences
  expect(seen).toEqual([...new Set(seen)].sort((one, other) => one - other))
  expect(back ? [] : seen.filter(sequence => sequence > end)).toEqual([])
  for (const { stream } of [...subscribers, carol]) stream.close()
  expect(backend.hub.logs.cursorsBehind).toBe(0)
}

const runs = Number(process.env.PROPERTY_RUNS ?? 25)

describe('every subscriber, under any sequence of actions', () => {
  it('gets every event once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async steps => {
        await using backend = await Backend.open(new InProcessEventBus(silentLog))
        await play(backend, steps)
      }),
      { numRuns: runs },
    )
  }, 120_000)

  it('gets every event once and in order over a bus that loses, repeats and reorders', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), fc.integer(), async (steps, seed) => {
        await using backend = await Backend.open(new UnreliableEventBus(seed))
        await play(backend, steps)
      }),
      { numRuns: runs },
    )
  }, 120_000)
})
