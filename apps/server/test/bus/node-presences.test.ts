import { offline, type PresenceStatus } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { NodePresences } from '../../src/infrastructure/bus/listeners/node-presences.ts'
import { user } from '../backend.ts'
import { local, present } from './presence-registry.contract.ts'

const alice = user('alice')

describe('a user who is connected to several nodes', () => {
  it.each<[readonly PresenceStatus[], PresenceStatus]>([
    [['AWAY', 'ONLINE'], 'ONLINE'],
    [['ONLINE', 'AWAY', 'DO_NOT_DISTURB'], 'DO_NOT_DISTURB'],
    [['DO_NOT_DISTURB', 'ONLINE'], 'DO_NOT_DISTURB'],
    [['OFFLINE', 'AWAY'], 'AWAY'],
  ])('%s is %s', (statuses, merged) => {
    const presences = new NodePresences()
    for (const [node, status] of statuses.entries()) presences.set(`${node}`, local(present('alice', { status })))
    expect(presences.get(alice)?.status).toBe(merged)
  })

  it('is offline once offline on all of them, and each change is one', () => {
    const presences = new NodePresences()
    expect(presences.set('one', local(present('alice', { status: 'AWAY' })))?.status).toBe('AWAY')
    expect(presences.set('two', local(present('alice')))?.status).toBe('ONLINE')
    expect(presences.set('one', local(offline(alice, 1)))).toBeUndefined()
    expect(presences.set('one', local(present('alice', { status: 'AWAY' })))).toBeUndefined()
    expect(presences.set('two', local(offline(alice, 2)))?.status).toBe('AWAY')
    expect(presences.set('two', local(offline(alice, 3)))).toBeUndefined()
    expect(presences.set('one', local(offline(alice, 4)))).toEqual(offline(alice, 4))
    expect([presences.get(alice), presences.usersOf('one'), presences.usersOf('two')]).toEqual([undefined, [], []])
  })

  it('is that of the nodes that the user has not left, as long as there is one', () => {
    const presences = new NodePresences()
    const leave = (node: string, presence = present('alice')) => presences.set(node, { presence, isLeaving: true })
    presences.set('one', local(present('alice', { status: 'DO_NOT_DISTURB' })))
    presences.set('two', local(present('alice', { status: 'AWAY' })))
    expect(leave('one', present('alice', { status: 'DO_NOT_DISTURB' }))?.status).toBe('AWAY')
    expect(leave('two', present('alice', { status: 'AWAY' }))?.status).toBe('DO_NOT_DISTURB')
    expect(presences.set('two', local(present('alice', { status: 'AWAY' })))?.status).toBe('AWAY')
    expect(presences.set('one', local(offline(alice, 1)))).toBeUndefined()
  })

  it('has the status text that was set last', () => {
    const presences = new NodePresences()
    presences.set('one', local(present('alice', { status: 'DO_NOT_DISTURB', statusText: 'old' })))
    presences.set('two', local(present('alice', { statusText: 'new', statusExpiresAt: 9 })))
    expect(presences.get(alice)).toEqual(
      present('alice', { status: 'DO_NOT_DISTURB', statusText: 'new', statusExpiresAt: 9 }),
    )
  })
})
