import type { Signal } from '@cpc-messenger/messenger'
import { expect, it } from 'vitest'
import { registerUser } from '../../../src/services/commands/users.ts'
import { Backend, user } from '../../backend.ts'

it('A changed name or picture is a signal, and a token that changes nothing is not one', async () => {
  await using backend = await Backend.open()
  const [profiles, own]: [Signal[], Signal[]] = [[], []]
  const userId = user('alice')
  using _profiles = backend.signalBus.subscribe({ kind: 'profiles' }, signal => void profiles.push(signal))
  using _own = backend.signalBus.subscribe({ kind: 'private', userId }, signal => void own.push(signal))
  const signIn = (displayName: string | undefined, avatarUrl: string | undefined, profileAsOf: number) =>
    backend.run(registerUser, 'alice', { userId, displayName, avatarUrl, profileAsOf })
  await signIn('Alice', undefined, 1)
  await signIn('Alice', undefined, 2)
  await signIn(undefined, undefined, 3)
  expect([profiles, own]).toEqual([[], []])
  await signIn('Alice B.', undefined, 4)
  await signIn('Alice B.', 'https://example.com/alice.png', 5)
  expect(profiles).toEqual(Array(2).fill({ key: { kind: 'profile', userId } }))
  expect(own).toEqual(Array(2).fill({ key: { kind: 'viewer', userId } }))
})
