import { describe, expect, it } from 'vitest'
import { user } from '../backend.ts'
import { until } from '../support/until.ts'
import { SocketServer } from './socket-server.ts'

describe('Presence over messenger.v1', () => {
  it('follows the connection, its activity and what the user sets', async () => {
    await using server = await SocketServer.start()
    const { presences, clock, store } = server.backend
    const untilStatus = (status: string) =>
      until(async () => (await presences.of([user('alice')]))[0]?.status === status, status)
    const alice = await server.signedIn('alice')
    await untilStatus('ONLINE')
    alice.send({ type: 'SetActive', id: 'a', active: false })
    expect(await alice.next('Ok')).toEqual({ type: 'Ok', id: 'a' })
    await untilStatus('AWAY')
    const statusExpiresAt = new Date(clock.now() + 60_000).toISOString()
    alice.send({ type: 'SetPresence', id: 'p', status: 'DO_NOT_DISTURB', statusText: 'In a call', statusExpiresAt })
    expect(await alice.next('Ok')).toEqual({ type: 'Ok', id: 'p' })
    await untilStatus('DO_NOT_DISTURB')
    expect((await presences.of([user('alice')]))[0]).toMatchObject({
      statusText: 'In a call',
      statusExpiresAt: clock.now() + 60_000,
    })
    alice.send({ type: 'SetPresence', id: 'q', status: 'AWAY', statusText: null })
    await alice.next('Ok')
    expect(await store.latest.presences.byUsers([user('alice')])).toMatchObject([
      { choice: 'AWAY', statusText: null, statusExpiresAt: null },
    ])
    alice.cut()
    await untilStatus('OFFLINE')
  })

  it('is refused with the field that is wrong, and nothing changes', async () => {
    await using server = await SocketServer.start()
    const alice = await server.signedIn('alice')
    const bad = [
      [{ status: 'AWAY', statusText: 'x'.repeat(101) }, 'statusText'],
      [{ status: 'AWAY', statusText: 'two\nlines' }, 'statusText'],
      [{ status: 'AWAY', statusText: 'x', statusExpiresAt: '2020-01-01T00:00:00Z' }, 'statusExpiresAt'],
    ] as const
    for (const [frame, field] of bad) {
      alice.send({ type: 'SetPresence', id: 'x', ...frame })
      expect(await alice.next('Error')).toMatchObject({ id: 'x', code: 'BAD_USER_INPUT', details: { field } })
    }
    expect(await server.backend.store.latest.presences.byUsers([user('alice')])).toEqual([])
  })

  it('needs an authenticated connection', async () => {
    await using server = await SocketServer.start()
    const client = await server.connect()
    client.send({ type: 'SetActive', id: 'a', active: true })
    expect(await client.next('Error')).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(server.backend.presences.connectedUsers).toBe(0)
  })
})
