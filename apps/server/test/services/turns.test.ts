import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns } from '../../src/services/turns.ts'

test('what is awaited in vain lets nobody pass those that came before', async () => {
  const turns = new Turns<string>()
  const went: string[] = []
  const slow = Promise.withResolvers<string>()
  const first = turns.take('ann', slow.promise, name => went.push(name))
  const lost = turns.take('ann', Promise.reject(new Error('away')), () => went.push('lost'))
  await expect(lost).rejects.toThrow('away')
  await delay(5)
  // As `Committer.run` has it: who finds no turn under way goes at once.
  const third = turns.has('ann') ? turns.take('ann', 'third', name => went.push(name)) : went.push('third')
  await delay(5)
  slow.resolve('first')
  await Promise.all([first, third])
  expect(went).toEqual(['first', 'third'])
})
