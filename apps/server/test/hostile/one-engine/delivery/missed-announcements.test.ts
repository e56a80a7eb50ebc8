import { type Conversation, Refusal } from '@cpc-messenger/messenger'
import { expect, test } from 'vitest'
import { deleteConversation } from '../../../../src/services/commands/conversations.ts'
import { addMembers, leaveConversation } from '../../../../src/services/commands/members.ts'
import { Backend, silentLog, user } from '../../../backend.ts'
import { Collector } from '../../../delivery/collector.ts'
import { LosingBus } from '../../../delivery/losing-bus.ts'
import { seeded } from '../../../seeded.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const users = ['ann', 'bob', 'cleo', 'dan']

/** Refusals are among what may happen; anything else is a fault. */
const allowed = (error: unknown): void => {
  if (!(error instanceof Refusal) || error.code === 'INTERNAL') throw error
}

test(`a single process never finds that a log has grown without an announcement (SEED=${seed})`, async () => {
  const random = seeded(seed)
  const pick = <Value>(list: readonly Value[]): Value | undefined => list[Math.floor(random() * list.length)]
  const warnings: string[] = []
  const found: number[] = []
  await using backend = await Backend.open(undefined, {
    log: { ...silentLog, warn: (_about, text) => warnings.push(text) },
    meter: { headsFoundBehind: count => void found.push(count) },
    compareEveryMs: 5,
    inboxEveryMs: 20,
    lingerMs: 10,
  })
  const rooms: Conversation[] = []
  const inboxes = new Map<string, Collector>()
  const act = async (): Promise<void> => {
    const name = pick(users) ?? ''
    const room = pick(rooms.slice(-8))
    const which = random()
    if (room === undefined || which < 0.15) {
      rooms.push(await backend.create(name, { members: users }))
    } else if (which < 0.5) await backend.send(name, room, 'hello')
    else if (which < 0.65)
      await backend.run(addMembers, pick(users) ?? '', { conversationId: room.id, userIds: [user(name)] })
    else if (which < 0.8) await backend.run(leaveConversation, name, { conversationId: room.id })
    else if (which < 0.85) await backend.run(deleteConversation, name, { conversationId: room.id })
    else {
      inboxes.get(name)?.[Symbol.dispose]()
      inboxes.set(name, await Collector.inbox(backend, name))
    }
  }
  const until = performance.now() + 2000
  const work = async (): Promise<void> => {
    while (performance.now() < until) {
      await act().catch(allowed)
      if (random() < 0.2) await new Promise(resolve => setTimeout(resolve, random() * 4))
    }
  }
  await Promise.all(Array.from({ length: 4 }, work))
  await new Promise(resolve => setTimeout(resolve, 200))
  for (const inbox of inboxes.values()) inbox[Symbol.dispose]()
  expect(rooms.length).toBeGreaterThan(20)
  expect(warnings).toEqual([])
  expect(found).toEqual([])
})

test('a log without subscribers is not reported as grown without an announcement', async () => {
  const warnings: string[] = []
  const bus = new LosingBus()
  await using backend = await Backend.open(bus, {
    log: { ...silentLog, warn: (_about, text) => warnings.push(text) },
    compareEveryMs: 3_600_000,
  })
  const room = await backend.create('ann')
  const listens = async (stays: boolean): Promise<void> => {
    using ann = await Collector.conversation(backend, 'ann', room)
    bus.losing = true
    await backend.send('ann', room, 'lost')
    bus.losing = false
    const compared = backend.hub.comparison.run()
    // It is found behind in the meantime, and is given a moment to be received.
    await new Promise(resolve => setTimeout(resolve, 10))
    if (!stays) ann[Symbol.dispose]()
    await compared
  }
  await listens(false)
  expect(warnings).toEqual([])
  await listens(true)
  expect(warnings).toHaveLength(1)
})
