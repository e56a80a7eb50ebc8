import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { TickScheduler, type TickTask } from '../../src/infrastructure/sockets/tick-scheduler.ts'

const task = (run: () => void): TickTask => ({ due: false, run })
const tasksOf = (count: number, ran: string[], name: string): readonly TickTask[] =>
  Array.from({ length: count }, () => task(() => void ran.push(name)))

const turns = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) await turn()
}

it('runs a task once per tick, however often it was scheduled', async () => {
  const scheduler = new TickScheduler()
  const ran: string[] = []
  const [one, other] = [task(() => void ran.push('one')), task(() => void ran.push('other'))]
  for (const each of [one, other, one, one, other]) scheduler.schedule(each)
  expect(ran).toEqual([])
  await turns(2)
  expect(ran).toEqual(['one', 'other'])
  scheduler.schedule(one)
  await turns(2)
  expect(ran).toEqual(['one', 'other', 'one'])
})

it('runs a task that schedules itself again in a later tick', async () => {
  const scheduler = new TickScheduler()
  const ran: number[] = []
  const again: TickTask = task(() => {
    ran.push(ran.length)
    if (ran.length < 3) scheduler.schedule(again)
  })
  scheduler.schedule(again)
  await turn()
  expect(ran.length).toBeLessThan(3)
  await turns(4)
  expect(ran).toEqual([0, 1, 2])
})

it('a small room that comes after a big one waits for a slice of it, not for all', async () => {
  const scheduler = new TickScheduler()
  const ran: string[] = []
  for (const each of tasksOf(5000, ran, 'big')) scheduler.schedule(each)
  await turns(3)
  const begun = ran.length
  expect(begun).toBeGreaterThan(0)
  expect(begun).toBeLessThan(3000)
  for (const each of tasksOf(10, ran, 'small')) scheduler.schedule(each)
  await turns(20)
  expect(ran.filter(name => name === 'big')).toHaveLength(5000)
  expect(ran.lastIndexOf('small')).toBeLessThan(begun + 2010)
})

it('the first of many runs alone, before the others', async () => {
  const scheduler = new TickScheduler()
  const ran: string[] = []
  for (const each of tasksOf(1000, ran, 'one')) scheduler.schedule(each)
  await turn()
  expect(ran).toHaveLength(1)
  await turns(4)
  expect(ran).toHaveLength(1000)
})
