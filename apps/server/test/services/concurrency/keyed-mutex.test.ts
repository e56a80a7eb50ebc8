import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { KeyedMutex } from '../../../src/services/concurrency/keyed-mutex.ts'

test('a rejected input does not let later work overtake earlier work', async () => {
  const mutex = new KeyedMutex<string>()
  const went: string[] = []
  const slow = Promise.withResolvers<string>()
  const first = mutex.runInOrder('ann', slow.promise, name => went.push(name))
  const lost = mutex.runInOrder('ann', Promise.reject(new Error('away')), () => went.push('lost'))
  await expect(lost).rejects.toThrow('away')
  await delay(5)
  // As `Committer.run` has it: who finds nothing under way goes at once.
  const third = mutex.has('ann') ? mutex.runInOrder('ann', 'third', name => went.push(name)) : went.push('third')
  await delay(5)
  slow.resolve('first')
  await Promise.all([first, third])
  expect(went).toEqual(['first', 'third'])
})
