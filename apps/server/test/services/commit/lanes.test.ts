import { setImmediate as nextTick } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../../src/services/commit/command.ts'
import { Lanes } from '../../../src/services/commit/lanes.ts'
import { CommandLog, commandOf, conversationOf, numbersOf } from './command-log.ts'

const begins = (log: CommandLog, count: number) => expect.poll(() => log.begun.length, { interval: 1 }).toBe(count)

/** Two conversations whose commands run in different shared lanes. */
const findLanes = async (): Promise<readonly [string, string]> => {
  for (let index = 1; ; index += 1) {
    const log = new CommandLog()
    const lanes = new Lanes({ writers: 4, run: log.run, runWaiting: log.run })
    lanes.push(commandOf('alice', 'room0'))
    lanes.push(commandOf('alice', `room${index}`))
    await nextTick()
    await nextTick()
    const batches = log.begun.length
    while (log.open.length > 0) log.finish()
    await lanes.settled()
    if (batches === 2) return ['room0', `room${index}`]
  }
}

describe('lanes', () => {
  it('are one where there is one writer: everything is in one batch', async () => {
    const log = new CommandLog()
    const lanes = new Lanes({ writers: 1, run: log.run, runWaiting: log.run })
    const commands = ['a', 'b', 'c', 'd', 'e', 'f'].map(room => commandOf('alice', room))
    for (const command of commands) lanes.push(command)
    await begins(log, 1)
    log.finish()
    await lanes.settled()
    expect(log.begun).toEqual([numbersOf(commands)])
  })

  it('run different conversations at the same time, and one conversation a batch at a time', async () => {
    const [here, elsewhere] = await findLanes()
    const log = new CommandLog()
    const lanes = new Lanes({ writers: 4, run: log.run, runWaiting: log.run })
    const [first, second, other] = [commandOf('alice', here), commandOf('bob', here), commandOf('alice', elsewhere)]
    lanes.push(first)
    lanes.push(other)
    await begins(log, 2)
    lanes.push(second)
    await nextTick()
    expect(log.begun).toHaveLength(2)
    log.finish()
    log.finish()
    await begins(log, 3)
    log.finish()
    await lanes.settled()
    expect(log.begun.map(([number]) => number)).toEqual([first.number, other.number, second.number])
  })

  it('let a conversation that another node has locked wait in a lane of its own, in order', async () => {
    const [log, waiting] = [new CommandLog(), new CommandLog()]
    const lanes = new Lanes({ writers: 4, run: log.run, runWaiting: waiting.run })
    const locked = [commandOf('alice', 'locked'), commandOf('bob', 'locked')]
    const [first] = locked
    if (first) lanes.push(first)
    await begins(log, 1)
    // This one waits in the shared lane when the first is deferred, and must not overtake it.
    if (locked[1]) lanes.push(locked[1])
    log.finish(first ? [first] : [])
    await begins(waiting, 1)
    expect(waiting.begun).toEqual([numbersOf(locked)])
    // Later commands about it run in its own lane, those about others do not wait for it.
    const third = commandOf('carol', 'locked')
    const others = Array.from({ length: 4 }, (_, index) => commandOf('alice', `other${index}`))
    lanes.push(third)
    for (const other of others) lanes.push(other)
    await expect.poll(() => log.begun.slice(1).flat().length).toBe(others.length)
    while (log.open.length > 0) log.finish()
    expect(waiting.begun).toHaveLength(1)
    waiting.finish()
    await begins(waiting, 2)
    waiting.finish()
    await lanes.settled()
    expect(waiting.begun[1]).toEqual([third.number])
    // Once its lane is idle, the conversation is back in a shared lane.
    const last = commandOf('alice', 'locked')
    lanes.push(last)
    await expect.poll(() => log.begun.at(-1)).toEqual([last.number])
    log.finish()
    await lanes.settled()
    expect(waiting.begun).toHaveLength(2)
  })

  it('keep the order of each conversation and never run it twice at once, with any commands deferred', async () => {
    const pushes = fc.array(fc.record({ room: fc.nat(4), lockedFor: fc.nat(2), ticks: fc.nat(2) }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(pushes, fc.integer({ min: 1, max: 6 }), async (steps, writers) => {
        const running = new Set<string>()
        const locks = new Map<Command, number>()
        const settled = new Map<string, number[]>()
        const run = async (commands: readonly Command[]): Promise<readonly Command[]> => {
          const rooms = new Set(commands.map(conversationOf))
          for (const room of rooms) {
            expect(running).not.toContain(room)
            running.add(room)
          }
          await nextTick()
          const held = new Set<string>()
          const deferred: Command[] = []
          for (const command of commands) {
            const room = conversationOf(command)
            const lock = locks.get(command) ?? 0
            if (lock > 0 && !held.has(room)) locks.set(command, lock - 1)
            if (lock > 0 || held.has(room)) {
              held.add(room)
              deferred.push(command)
            } else settled.set(room, [...(settled.get(room) ?? []), ...numbersOf([command])])
          }
          for (const room of rooms) running.delete(room)
          return deferred
        }
        const lanes = new Lanes({ writers, run, runWaiting: run })
        const expected = new Map<string, number[]>()
        for (const { room, lockedFor, ticks } of steps) {
          const command = commandOf('alice', `room${room}`)
          locks.set(command, lockedFor)
          expected.set(`room${room}`, [...(expected.get(`room${room}`) ?? []), command.number])
          lanes.push(command)
          for (let tick = 0; tick < ticks; tick += 1) await nextTick()
        }
        await lanes.settled()
        expect(settled).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })
})
