import {
  type LocalPresence,
  offline,
  type Presence,
  type PresenceChange,
  type PresenceRegistry,
} from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { user } from '../backend.ts'
import { until } from '../support/until.ts'

interface RegistriesUnderTest extends AsyncDisposable {
  /** Where users are connected. */
  readonly here: PresenceRegistry
  /** Of another node, or the same registry where there is only one. */
  readonly there: PresenceRegistry
}

export const present = (name: string, presence: Partial<Presence> = {}): Presence => ({
  ...offline(user(name)),
  status: 'ONLINE',
  ...presence,
})

/** A presence that is not leaving. */
export const local = (presence: Presence): LocalPresence => ({ presence, isLeaving: false })

/** The changes that a registry tells. */
export class ReceivedChanges implements Disposable {
  readonly changes: PresenceChange[] = []
  readonly #listening: Disposable

  constructor(registry: PresenceRegistry) {
    this.#listening = registry.onChange(change => void this.changes.push(change))
  }

  of(name: string): readonly Presence[] {
    return this.changes.map(({ presence }) => presence).filter(({ userId }) => userId === user(name))
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]()
  }
}

/** What every `PresenceRegistry` does while nothing is lost. */
export const presenceRegistryContract = (name: string, open: () => Promise<RegistriesUnderTest>): void => {
  describe(`${name} as a presence registry`, () => {
    it('knows a change on its own node at once, and on another one within a second', async () => {
      await using registries = await open()
      const { here, there } = registries
      expect(here.get(user('alice'))).toBeUndefined()
      const alice = present('alice', {
        status: 'AWAY',
        statusText: 'At lunch 🍜',
        statusExpiresAt: Date.UTC(2026, 10, 22),
      })
      here.set(local(alice))
      expect(here.get(alice.userId)).toEqual(alice)
      await until(() => there.get(alice.userId) !== undefined, 'the other node knows', 1000)
      expect(there.get(alice.userId)).toEqual(alice)
      here.set(local(offline(alice.userId, 7)))
      expect(here.get(alice.userId)).toBeUndefined()
      await until(() => there.get(alice.userId) === undefined, 'the other node knows', 1000)
    })

    it('tells each change once, in order, and nothing else', async () => {
      await using registries = await open()
      const { here, there } = registries
      using own = new ReceivedChanges(here)
      using others = new ReceivedChanges(there)
      const texts = [null, null, 'In a call', 'In a call', null]
      const received = [null, 'In a call', null].map(statusText => present('a.b.*', { statusText }))
      for (const statusText of texts) {
        here.set(local(present('a.b.*', { statusText })))
        await until(() => there.get(user('a.b.*'))?.statusText === statusText, 'the change', 1000)
      }
      here.set(local(offline(user('a.b.*'), 12)))
      here.set(local(offline(user('a.b.*'), 13)))
      here.set(local(offline(user('never connected'.replaceAll(' ', '-')), 14)))
      here.set(local(present('last')))
      await until(() => there.get(user('last')) !== undefined, 'the last change')
      for (const changes of [own, others]) {
        expect(changes.of('a.b.*')).toEqual([...received, offline(user('a.b.*'), 12)])
        expect(changes.changes.map(({ orphaned }) => orphaned)).not.toContain(true)
        expect(changes.of('never-connected')).toEqual([])
      }
    })

    it('continues when a listener throws, and calls none that is disposed of', async () => {
      await using registries = await open()
      const { here } = registries
      using _failing = here.onChange(() => {
        throw new Error('a listener of the test')
      })
      const ended = new ReceivedChanges(here)
      ended[Symbol.dispose]()
      using received = new ReceivedChanges(here)
      here.set(local(present('alice')))
      expect([received.changes.length, ended.changes.length]).toEqual([1, 0])
    })

    it('carries a set of any size', async () => {
      await using registries = await open()
      const { here, there } = registries
      const statusText = '𝄞'.repeat(100)
      const names = Array.from({ length: 5000 }, (_, index) => `user-${index}`)
      for (const name of names) here.set(local(present(name, { statusText })))
      await until(() => names.every(name => there.get(user(name)) !== undefined), 'all users', 5000)
      expect(there.get(user('user-4999'))).toEqual(present('user-4999', { statusText }))
      for (const name of names) here.set(local(offline(user(name), 1)))
      await until(() => names.every(name => there.get(user(name)) === undefined), 'no user', 5000)
    })
  })
}
