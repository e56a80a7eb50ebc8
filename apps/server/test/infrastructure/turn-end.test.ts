import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { TurnEnd, type TurnTask } from '../../src/infrastructure/turn-end.ts'

const task = (run: () => void): TurnTask => ({ due: false, run })
const tasksOf = (count: number, ran: string[], name: string): readonly TurnTask[] =>
  Array.from({ length: count }, () => task(() => void ran.push(name)))

const turns = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) await turn()
}

it('runs a task once in a turn, however often it was put off', async () => {
  const turnEnd = new TurnEnd()
  const ran: string[] = []
  const [one, other] = [task(() => void ran.push('one')), task(() => void ran.push('other'))]
  for (const each of [one, other, one, one, other]) turnEnd.put(each)
  expect(ran).toEqual([])
  await turns(2)
  expect(ran).toEqual(['one', 'other'])
  turnEnd.put(one)
  await turns(2)
  expect(ran).toEqual(['one', 'other', 'one'])
})

it('a task may put itself off again: its next run is in a later turn', async () => {
  const turnEnd = new TurnEnd()
  const ran: number[] = []
  const again: TurnTask = task(() => {
    ran.push(ran.length)
    if (ran.length < 3) turnEnd.put(again)
  })
  turnEnd.put(again)
  await turn()
  expect(ran.length).toBeLessThan(3)
  await turns(4)
  expect(ran).toEqual([0, 1, 2])
})

it('a small room that comes after a big one waits for a slice of it, not for all', async () => {
  const turnEnd = new TurnEnd()
  const ran: string[] = []
  for (const each of tasksOf(5000, ran, 'big')) turnEnd.put(each)
  await turns(3)
  const begun = ran.length
  expect(begun).toBeGreaterThan(0)
  expect(begun).toBeLessThan(3000)
  for (const each of tasksOf(10, ran, 'small')) turnEnd.put(each)
  await turns(20)
  expect(ran.filter(name => name === 'big')).toHaveLength(5000)
  expect(ran.lastIndexOf('small')).toBeLessThan(begun + 2010)
})

it('the first of many runs alone, before the others', async () => {
  const turnEnd = new TurnEnd()
  const ran: string[] = []
  for (const each of tasksOf(1000, ran, 'one')) turnEnd.put(each)
  await turn()
  expect(ran).toHaveLength(1)
  await turns(4)
  expect(ran).toHaveLength(1000)
})
