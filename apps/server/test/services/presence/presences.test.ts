import { newPresence, offline, type Presence, type PresenceUpdate } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { InProcessPresenceRegistry } from '../../../src/infrastructure/bus/in-process/presence-registry.ts'
import { setPresence } from '../../../src/services/commands/presence.ts'
import type { CommitListener } from '../../../src/services/commit/committer.ts'
import { Presences, type PresencesTimes } from '../../../src/services/presence/presences.ts'
import { Backend, silentLog, user } from '../../backend.ts'
import { noChanges } from '../../storage/scribe.ts'
import { until } from '../../support/until.ts'

const quick: PresencesTimes = { coalesceMs: 20, graceMs: 300, checkMs: 20, seenMs: 60_000 }
const alice = user('alice')

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** One node's presence over a real store, and what its watchers received. */
const openPresences = async (times: Partial<PresencesTimes> = {}) => {
  await using resources = new AsyncDisposableStack()
  const listener: CommitListener = { committed: changes => presences.committed(changes) }
  const listeners = [listener]
  const backend = resources.use(await Backend.open(undefined, {}, undefined, { listeners }))
  const registry = new InProcessPresenceRegistry(silentLog)
  const parts = { store: backend.store, registry, signalBus: backend.signalBus, clock: backend.clock }
  const published: unknown[] = []
  const meter = { presenceChanged: () => void published.push(undefined) }
  const open = () => new Presences({ ...parts, log: silentLog, meter, times: { ...quick, ...times } })
  const presences: Presences = resources.use(open())
  const received: Presence[] = []
  resources.use(presences.onChange(presence => void received.push(presence)))
  const owned = resources.move()
  return {
    backend,
    presences,
    received,
    /** A second node, over the same registry. */
    other: open,
    published,
    statuses: () => received.map(({ status }) => status),
    choose: (name: string, update: Partial<PresenceUpdate>) =>
      backend.run(setPresence, name, {
        choice: 'AUTOMATIC',
        statusText: undefined,
        statusExpiresAt: undefined,
        ...update,
      }),
    stored: async (name: string) => {
      const [row = newPresence(user(name))] = await backend.store.latest.presences.byUsers([user(name)])
      return row
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

type Node = Awaited<ReturnType<typeof openPresences>>

const untilStatus = (node: Node, status: Presence['status']) =>
  until(
    () => node.statuses().at(-1) === status,
    () => `${status}; received ${JSON.stringify(node.received)}`,
  )

describe('the presence of a user', () => {
  it('is ONLINE while one connection is active, AWAY while all are idle, and OFFLINE when none is left', async () => {
    await using node = await openPresences()
    const { presences } = node
    presences.connected(alice, 'one')
    presences.connected(alice, 'two')
    await untilStatus(node, 'ONLINE')
    presences.setActive('one', false)
    presences.setActive('two', false)
    await untilStatus(node, 'AWAY')
    presences.setActive('two', true)
    await untilStatus(node, 'ONLINE')
    presences.disconnected('two')
    await untilStatus(node, 'AWAY')
    const leftAt = node.backend.clock.now()
    presences.disconnected('one')
    node.backend.clock.advance(7)
    await untilStatus(node, 'OFFLINE')
    expect(node.statuses()).toEqual(['ONLINE', 'AWAY', 'ONLINE', 'AWAY', 'OFFLINE'])
    expect(await presences.of([alice])).toEqual([offline(alice, leftAt)])
    await until(async () => (await node.stored('alice')).lastSeenAt === leftAt, 'when alice was last seen is stored')
    expect(presences.connectedUsers).toBe(0)
  })

  it('does not change for others when the user reconnects within the grace period', async () => {
    await using node = await openPresences()
    node.presences.connected(alice, 'one')
    await untilStatus(node, 'ONLINE')
    for (let round = 0; round < 3; round += 1) {
      node.presences.disconnected(`${round === 0 ? 'one' : round}`)
      await pause(200)
      node.presences.connected(alice, `${round + 1}`)
    }
    await pause(400)
    expect(node.statuses()).toEqual(['ONLINE'])
  })

  it('is as chosen on another node', async () => {
    await using node = await openPresences()
    await using other = node.other()
    other.connected(alice, 'one')
    await untilStatus(node, 'ONLINE')
    await node.choose('alice', { choice: 'DO_NOT_DISTURB' })
    await untilStatus(node, 'DO_NOT_DISTURB')
    await node.choose('alice', { choice: 'INVISIBLE' })
    await untilStatus(node, 'OFFLINE')
  })

  it('is as chosen while the user is connected', async () => {
    await using node = await openPresences()
    node.presences.connected(alice, 'one')
    await untilStatus(node, 'ONLINE')
    await node.choose('alice', { choice: 'DO_NOT_DISTURB', statusText: 'In a call' })
    await untilStatus(node, 'DO_NOT_DISTURB')
    expect((await node.presences.of([alice]))[0]).toEqual({
      userId: alice,
      status: 'DO_NOT_DISTURB',
      statusText: 'In a call',
      statusExpiresAt: null,
      lastSeenAt: null,
    })
    node.presences.setActive('one', false)
    await node.choose('alice', { choice: 'AWAY', statusText: null })
    await untilStatus(node, 'AWAY')
    expect(node.received.at(-1)?.statusText).toBeNull()
    await node.choose('alice', { choice: 'AUTOMATIC' })
    node.presences.setActive('one', true)
    await untilStatus(node, 'ONLINE')
  })

  it('changes are coalesced, however often the user changes', async () => {
    await using node = await openPresences({ coalesceMs: 200 })
    node.presences.connected(alice, 'one')
    await untilStatus(node, 'ONLINE')
    const before = node.published.length
    const startedAt = performance.now()
    for (let count = 0; count < 1000; count += 1) {
      node.presences.setActive('one', count % 2 === 1)
      if (count % 100 === 0) await pause(1)
    }
    node.presences.setActive('one', false)
    await untilStatus(node, 'AWAY')
    await pause(250)
    expect(node.published.length - before).toBeLessThanOrEqual(Math.ceil((performance.now() - startedAt) / 200) + 1)
    expect(node.statuses().at(-1)).toBe('AWAY')
  })

  it('loses its text when that expires, and stays without it', async () => {
    await using node = await openPresences()
    const expiresAt = node.backend.clock.now() + 60_000
    await node.choose('alice', { statusText: 'At lunch', statusExpiresAt: expiresAt })
    node.presences.connected(alice, 'one')
    await untilStatus(node, 'ONLINE')
    expect(node.received.at(-1)).toMatchObject({ statusText: 'At lunch', statusExpiresAt: expiresAt })
    node.backend.clock.advance(61)
    expect((await node.presences.of([alice]))[0]).toMatchObject({ statusText: null, statusExpiresAt: null })
    await until(() => node.received.at(-1)?.statusText === null, 'the change')
    await node.choose('alice', { choice: 'AWAY' })
    expect(await node.stored('alice')).toMatchObject({ statusText: null, statusExpiresAt: null })
  })

  it('of an invisible user is that of an offline one, also while and after they connect', async () => {
    await using node = await openPresences()
    await node.choose('alice', { choice: 'INVISIBLE', statusText: 'Hiding' })
    node.presences.connected(alice, 'one')
    node.presences.setActive('one', false)
    node.presences.setActive('one', true)
    await pause(100)
    node.presences.disconnected('one')
    await pause(400)
    expect([node.received, node.published]).toEqual([[], []])
    expect(await node.presences.of([alice])).toEqual([offline(alice)])
    expect((await node.stored('alice')).lastSeenAt).toBe(0)
    expect(await node.presences.ofOneself(alice)).toMatchObject({ status: 'OFFLINE', statusText: 'Hiding' })
  })

  it('changes in the same way when the user becomes invisible and when the user disconnects', async () => {
    const departures = [
      async (node: Node) => void (await node.choose('alice', { choice: 'INVISIBLE' })),
      async (node: Node) => node.presences.disconnected('one'),
    ]
    const outcomes = []
    for (const depart of departures) {
      await using node = await openPresences()
      await node.choose('alice', { statusText: 'Here' })
      node.presences.connected(alice, 'one')
      await untilStatus(node, 'ONLINE')
      node.backend.clock.advance(60)
      const startedAt = performance.now()
      await depart(node)
      await until(() => node.received.length === 1, 'nothing yet')
      node.backend.clock.advance(1)
      expect((await node.presences.of([alice]))[0]?.status).toBe('ONLINE')
      await untilStatus(node, 'OFFLINE')
      expect(performance.now() - startedAt).toBeGreaterThan(quick.graceMs - 20)
      await until(async () => (await node.stored('alice')).lastSeenAt > 0, 'it is stored')
      const { lastSeenAt } = await node.stored('alice')
      outcomes.push({ received: node.received, of: await node.presences.of([alice]), lastSeenAt })
    }
    expect(outcomes[0]).toEqual(outcomes[1])
  })

  it('of a user who becomes visible again is that of a user who connects', async () => {
    await using node = await openPresences()
    await node.choose('alice', { choice: 'INVISIBLE' })
    node.presences.connected(alice, 'one')
    await pause(100)
    await node.choose('alice', { choice: 'AUTOMATIC' })
    await untilStatus(node, 'ONLINE')
    expect(node.received).toEqual([{ ...offline(alice), status: 'ONLINE' }])
  })

  it('says whether a user is invisible, connected or not', async () => {
    await using node = await openPresences()
    await node.choose('alice', { choice: 'INVISIBLE' })
    expect(await node.presences.isInvisible(alice)).toBe(true)
    expect(await node.presences.isInvisible(user('bob'))).toBe(false)
    node.presences.connected(alice, 'one')
    await until(() => node.presences.isInvisible(alice) === true, 'known at once')
  })

  it('is stored from time to time, so that it is about right after a crash', async () => {
    await using node = await openPresences({ seenMs: 100 })
    node.presences.connected(alice, 'one')
    await untilStatus(node, 'ONLINE')
    const at = node.backend.clock.now()
    await until(async () => (await node.stored('alice')).lastSeenAt === at, 'it is stored')
    node.backend.clock.advance(60)
    await until(async () => (await node.stored('alice')).lastSeenAt === at + 60_000, 'it is stored again')
    expect((await node.presences.of([alice]))[0]?.lastSeenAt).toBeNull()
  })

  it('is stored when the node shuts down', async () => {
    await using node = await openPresences()
    node.presences.connected(alice, 'one')
    await untilStatus(node, 'ONLINE')
    await node.presences[Symbol.asyncDispose]()
    expect((await node.stored('alice')).lastSeenAt).toBe(node.backend.clock.now())
  })

  it('finds a choice of which the signal was lost', async () => {
    await using node = await openPresences()
    node.presences.connected(alice, 'one')
    await untilStatus(node, 'ONLINE')
    await using batch = await node.backend.store.begin([{ users: [alice], presences: [alice] }])
    const chosen = { ...newPresence(alice), choice: 'AWAY', changedAt: node.backend.clock.now() } as const
    await batch.commit({ ...noChanges, presences: [chosen] })
    await untilStatus(node, 'AWAY')
  })
})

describe('setPresence', () => {
  it('keeps what is absent, clears what is null, and refuses what cannot be shown', async () => {
    await using node = await openPresences()
    const now = node.backend.clock.now()
    await node.choose('alice', { statusText: 'In a call', statusExpiresAt: now + 1000 })
    await node.choose('alice', { choice: 'AWAY' })
    expect(await node.stored('alice')).toMatchObject({
      choice: 'AWAY',
      statusText: 'In a call',
      statusExpiresAt: now + 1000,
    })
    await node.choose('alice', { choice: 'AWAY', statusText: 'Gone' })
    expect(await node.stored('alice')).toMatchObject({ statusText: 'Gone', statusExpiresAt: null })
    const before = await node.stored('alice')
    const bad: [Partial<PresenceUpdate>, string][] = [
      [{ statusText: '' }, 'statusText'],
      [{ statusText: ' \u200b' }, 'statusText'],
      [{ statusText: 'x'.repeat(101) }, 'statusText'],
      [{ statusText: 'two\nlines' }, 'statusText'],
      [{ statusText: '\u202e' }, 'statusText'],
      [{ statusText: 'nul \0' }, 'statusText'],
      [{ statusText: 'x', statusExpiresAt: now }, 'statusExpiresAt'],
      [{ statusText: null, statusExpiresAt: now + 1000 }, 'statusExpiresAt'],
    ]
    for (const [update, field] of bad)
      await expect(node.choose('alice', update)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { field } })
    expect(await node.stored('alice')).toEqual(before)
    await node.choose('alice', { choice: 'AWAY', statusText: '𝄞'.repeat(100) })
    await node.choose('alice', { choice: 'AWAY', statusText: null })
    expect(await node.stored('alice')).toMatchObject({ statusText: null, statusExpiresAt: null })
  })
})
