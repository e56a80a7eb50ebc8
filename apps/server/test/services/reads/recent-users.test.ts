import { expect, it } from 'vitest'
import { RecentUsers } from '../../../src/services/reads/recent-users.ts'
import { user } from '../../backend.ts'

it('returns every requested user, however many are cached', async () => {
  const recent = new RecentUsers()
  const stored = async (ids: readonly string[]) => ids.map(id => ({ id })) as never
  const all = Array.from({ length: 20_000 }, (_, index) => user(`user${index}`))
  await recent.read(all, stored)
  expect(await recent.read([user('user0'), user('another')], stored)).toHaveLength(2)
})
