import { setImmediate as nextTick } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../../src/services/commit/command.ts'
import { Lane } from '../../../src/services/commit/lane.ts'
import { CommandLog, commandOf, numbersOf } from './command-log.ts'

const commandsOf = (count: number, name = 'alice') => Array.from({ length: count }, () => commandOf(name, 'room'))

const begins = (log: CommandLog, count: number) => expect.poll(() => log.begun.length, { interval: 1 }).toBe(count)

describe('a lane', () => {
  it('runs what is pushed in one tick as one batch, and what arrives meanwhile as the next', async () => {
    const log = new CommandLog()
    const lane = new Lane({ run: log.run, gatherMs: 0 })
    const [one, two, three, four] = commandsOf(4)
    for (const command of [one, two]) if (command) lane.push(command)
    await begins(log, 1)
    for (const command of [three, four]) if (command) lane.push(command)
    await nextTick()
    expect(log.begun).toHaveLength(1)
    log.finish()
    await begins(log, 2)
    log.finish()
    await lane.running
    expect(log.begun).toEqual([
      [one?.number, two?.number],
      [three?.number, four?.number],
    ])
  })

  it('is idle before the first command and after the last, and says so', async () => {
    const log = new CommandLog()
    let idle = 0
    const lane: Lane = new Lane({
      run: log.run,
      gatherMs: 0,
      onIdle: () => {
        expect(lane.running).toBeUndefined()
        idle += 1
      },
    })
    expect(lane.running).toBeUndefined()
    lane.push(...commandsOf(1))
    await begins(log, 1)
    expect(idle).toBe(0)
    log.finish()
    await lane.running
    expect(idle).toBe(1)
    lane.push(...commandsOf(1))
    await begins(log, 2)
    log.finish()
    await expect.poll(() => idle).toBe(2)
  })

  it('takes 256 commands at most, and lets users share a batch', async () => {
    const log = new CommandLog()
    const lane = new Lane({ run: log.run, gatherMs: 0 })
    const many = commandsOf(400, 'mallory')
    const [late] = commandsOf(1, 'bob')
    lane.push(...many, ...(late ? [late] : []))
    await begins(log, 1)
    log.finish()
    await begins(log, 2)
    log.finish()
    await lane.running
    expect(log.begun.map(({ length }) => length)).toEqual([256, 145])
    expect(log.begun[0]).toContain(late?.number)
  })

  it('runs deferred commands again before those that wait', async () => {
    const log = new CommandLog()
    const lane = new Lane({ run: log.run, gatherMs: 0 })
    const commands = commandsOf(3)
    lane.push(...commands)
    await begins(log, 1)
    const [later] = commandsOf(1)
    if (later) lane.push(later)
    log.finish(commands.slice(1))
    await begins(log, 2)
    log.finish()
    await lane.running
    expect(log.begun[1]).toEqual([...numbersOf(commands.slice(1)), later?.number])
  })

  it('hands deferred commands over where another lane takes them', async () => {
    const log = new CommandLog()
    const deferred: (readonly number[])[] = []
    const lane = new Lane({ run: log.run, gatherMs: 0, defer: each => void deferred.push(numbersOf(each)) })
    const commands = commandsOf(2)
    lane.push(...commands)
    await begins(log, 1)
    log.finish(commands)
    await lane.running
    expect(deferred).toEqual([numbersOf(commands)])
    expect(log.begun).toHaveLength(1)
  })

  it('gives up waiting commands that match, in their order', async () => {
    const log = new CommandLog()
    const lane = new Lane({ run: log.run, gatherMs: 0 })
    lane.push(...commandsOf(1))
    await begins(log, 1)
    const waiting = [commandOf('alice', 'one'), commandOf('alice', 'two'), commandOf('bob', 'one')]
    lane.push(...waiting)
    const taken = lane.take(({ needs }) => needs.conversations?.[0] === 'one')
    expect(numbersOf(taken)).toEqual([waiting[0]?.number, waiting[2]?.number])
    log.finish()
    await begins(log, 2)
    log.finish()
    await lane.running
    expect(log.begun[1]).toEqual([waiting[1]?.number])
  })

  it('waits after a large batch for the next commands of those clients, but not for ever', async () => {
    const log = new CommandLog()
    const gatherMs = 200
    const lane = new Lane({ run: log.run, gatherMs })
    lane.push(...commandsOf(10))
    await begins(log, 1)
    const next = commandsOf(8)
    lane.push(...next.slice(0, 4))
    log.finish()
    await nextTick()
    await nextTick()
    expect(log.begun).toHaveLength(1)
    lane.push(...next.slice(4))
    await begins(log, 2)
    expect(log.begun[1]).toEqual(numbersOf(next))
    const [lone] = commandsOf(1)
    if (lone) lane.push(lone)
    const finishedAt = performance.now()
    log.finish()
    await begins(log, 3)
    expect(performance.now() - finishedAt).toBeGreaterThanOrEqual(gatherMs)
    log.finish()
    await lane.running
    expect(log.begun[2]).toEqual([lone?.number])
  })

  it('settles each command once and keeps the order, however many are deferred', async () => {
    const arrivals = fc.array(fc.record({ count: fc.integer({ min: 1, max: 5 }), defer: fc.nat(4) }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(arrivals, async steps => {
        const settled: number[] = []
        let running = 0
        let step = 0
        const run = async (commands: readonly Command[]): Promise<readonly Command[]> => {
          running += 1
          expect(running).toBe(1)
          await nextTick()
          running -= 1
          // The last commands of a batch are deferred, never all of them again and again.
          const kept = Math.max(commands.length - (steps[step]?.defer ?? 0), 1)
          step += 1
          settled.push(...numbersOf(commands.slice(0, kept)))
          return commands.slice(kept)
        }
        const lane = new Lane({ run, gatherMs: 0 })
        const pushed: number[] = []
        for (const { count } of steps) {
          const commands = commandsOf(count)
          pushed.push(...numbersOf(commands))
          lane.push(...commands)
          await nextTick()
        }
        await lane.running
        expect(settled).toEqual(pushed)
      }),
    )
  })
})
