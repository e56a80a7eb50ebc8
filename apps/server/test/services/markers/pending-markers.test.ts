import type { MarkerMove } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { PendingMarkers } from '../../../src/infrastructure/storage/store/pending-markers.ts'
import { conversationId, userId } from '../../storage/named-ids.ts'

const to = (user: number, read: number): MarkerMove => ({
  conversationId: conversationId(1),
  userId: userId(`user-${user}`),
  readSequence: read,
  deliveredSequence: read,
  shownReadSequence: 0,
  shownDeliveredSequence: 0,
})

describe('markers that are not written yet', () => {
  it('are kept until exactly what they are now was written', () => {
    const pending = new PendingMarkers()
    pending.add([to(1, 5)], true)
    const first = pending.unwritten()
    pending.add([to(1, 7)], true)
    pending.written(first)
    expect(pending.unwritten()).toEqual([to(1, 7)])
    pending.written(pending.unwritten())
    expect(pending.unwritten()).toEqual([])
    expect(pending.find(to(1, 0))).toMatchObject({ readSequence: 7 })
  })

  it('hold one entry for each user and conversation, and are in one order', () => {
    const pending = new PendingMarkers()
    for (let step = 0; step < 1000; step += 1) pending.add([to(step % 10, step)], true)
    expect(pending.size).toBe(10)
    const users = pending.unwritten().map(move => move.userId)
    expect(users).toEqual(users.toSorted())
  })

  it('are refused with UNAVAILABLE beyond their limit, and none of the call is taken', () => {
    const pending = new PendingMarkers(3)
    pending.add([to(1, 1), to(2, 1)], true)
    expect(() => pending.add([to(3, 1), to(4, 1)], true)).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    expect(pending.find(to(3, 0))).toBeUndefined()
    pending.written(pending.unwritten())
    pending.add([to(3, 1), to(4, 1)], true)
    expect(pending.unwritten()).toHaveLength(2)
  })

  it('are evicted some seconds after they were written or learned, and sooner if they are many', () => {
    let now = 0
    const pending = new PendingMarkers(3, () => now)
    pending.add([to(1, 1)], true)
    pending.written(pending.unwritten())
    pending.add([to(2, 1)], false)
    now = 9000
    pending.add([to(3, 1)], true)
    expect(pending.size).toBe(3)
    now = 11_000
    pending.add([to(4, 1)], false)
    expect(pending.find(to(1, 0))).toBeUndefined()
    expect(pending.find(to(2, 0))).toBeUndefined()
    now = 60_000
    for (let user = 10; user < 40; user += 1) pending.add([to(user, 1)], false)
    expect(pending.size).toBeLessThanOrEqual(8)
    expect(pending.unwritten()).toEqual([to(3, 1)])
  })
})
