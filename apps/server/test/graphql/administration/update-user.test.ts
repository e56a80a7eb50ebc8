import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tokenFor } from '../../e2e/server/running-server.ts'
import { graphql } from '../../hostile/clients/graphql.ts'
import { AdministeredServer } from './administered-server.ts'

let server: AdministeredServer
beforeAll(async () => {
  server = await AdministeredServer.start()
})
afterAll(() => server[Symbol.asyncDispose]())

const profile = 'user { id displayName avatarUrl metadata }'
const update = (input: object) => server.mutate('app', 'updateUser', input, profile, 'service')

describe('updateUser by a service token', () => {
  it('creates a user ahead, and changes only the fields that are given; null clears one', async () => {
    const avatarUrl = 'https://example.com/ahead.png'
    const made = { id: 'ahead', displayName: 'Ahead', avatarUrl, metadata: { team: 7 } }
    expect(await update({ userId: 'ahead', displayName: ' Ahead ', avatarUrl, metadata: { team: 7 } })).toEqual({
      user: made,
    })
    expect(await update({ userId: 'ahead', metadata: null })).toEqual({ user: { ...made, metadata: null } })
    expect(await update({ userId: 'ahead' })).toEqual({ user: { ...made, metadata: null } })
    expect(await update({ userId: 'ahead', displayName: null, avatarUrl: null })).toEqual({
      user: { id: 'ahead', displayName: 'ahead', avatarUrl: null, metadata: null },
    })
  })

  it('holds against tokens that were issued before, and not against later ones', async () => {
    const { url } = server.server
    const nameOf = async (iat: number) => {
      const token = await tokenFor('zoe', { iat, name: 'By token' })
      return graphql<{ viewer: { user: { displayName: string } } }>(url, token, '{ viewer { user { displayName } } }')
    }
    const now = Math.floor(Date.now() / 1000)
    await update({ userId: 'zoe', displayName: 'By the service' })
    expect(await nameOf(now - 100)).toEqual({ viewer: { user: { displayName: 'By the service' } } })
    expect(await nameOf(now + 30)).toEqual({ viewer: { user: { displayName: 'By token' } } })
  })

  it('refuses what a profile cannot be, and changes nothing', async () => {
    const before = await update({ userId: 'table', displayName: 'Table' })
    const refused: readonly (readonly [object, string, string | undefined])[] = [
      [{ displayName: '' }, 'BAD_USER_INPUT', 'displayName'],
      [{ displayName: 'two\nlines' }, 'BAD_USER_INPUT', 'displayName'],
      [{ displayName: 'x'.repeat(101) }, 'BAD_USER_INPUT', 'displayName'],
      [{ avatarUrl: 'javascript:alert(1)' }, 'BAD_USER_INPUT', 'avatarUrl'],
      [{ avatarUrl: 'https://user:password@example.com/' }, 'BAD_USER_INPUT', 'avatarUrl'],
      [{ metadata: 'x'.repeat(5000) }, 'BAD_USER_INPUT', 'metadata'],
      [{ userId: 'msg_of_nobody' }, 'NOT_FOUND', undefined],
      [{ userId: 'every one' }, 'NOT_FOUND', undefined],
    ]
    for (const [input, code, field] of refused)
      expect(await update({ userId: 'table', metadata: 1, ...input }), JSON.stringify(input)).toEqual({ code, field })
    expect(await update({ userId: 'table' })).toEqual(before)
  })

  it('is refused for every other token, whether the user exists or not', async () => {
    for (const userId of ['ahead', 'nobody-yet', 'mallory'])
      expect(await server.mutate('mallory', 'updateUser', { userId, displayName: 'Mine' }, profile)).toMatchObject({
        code: 'FORBIDDEN',
      })
    const outcome = await server.ask('app', '{ user(id: "nobody-yet") { id } }')
    expect(outcome).toEqual({ data: { user: null } })
  })
})
