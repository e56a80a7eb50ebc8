import { type Presence, signalKeyText, type UserId } from '@cpc-messenger/messenger'
import { KeyedThrottle } from '../../services/concurrency/keyed-throttle.ts'
import { type SignalItem, signalItem } from './signal-item.ts'
import { isSamePresence, signalIntervalMs } from './signal-sources.ts'

/** The presence of some users as it is now, and as it was last shown: at most once in 250 ms for each user. */
export class PresenceState implements Disposable {
  readonly #send: (item: SignalItem) => void
  readonly #latest = new Map<UserId, Presence>()
  readonly #shown = new Map<UserId, SignalItem>()
  readonly #throttle = new KeyedThrottle<UserId>(signalIntervalMs, userId => this.#update(userId))

  constructor(send: (item: SignalItem) => void) {
    this.#send = send
  }

  /** Of those who are not OFFLINE. */
  *shown(): Iterable<SignalItem> {
    for (const item of this.#shown.values()) if (!isOffline(item)) yield item
  }

  has(userId: UserId): boolean {
    return this.#latest.has(userId)
  }

  set(presence: Presence): void {
    this.#latest.set(presence.userId, presence)
    this.#throttle.request(presence.userId)
  }

  delete(userId: UserId): void {
    this.#latest.delete(userId)
    this.#shown.delete(userId)
  }

  clear(): void {
    this.#latest.clear()
    this.#shown.clear()
  }

  [Symbol.dispose](): void {
    this.#throttle[Symbol.dispose]()
    this.clear()
  }

  /** Who was not shown of is taken to be OFFLINE. */
  #update(userId: UserId): boolean {
    const presence = this.#latest.get(userId)
    if (presence === undefined) return false
    const shown = this.#shown.get(userId)
    if (shown === undefined ? presence.status === 'OFFLINE' : isSame(shown, presence)) return false
    const item = presenceItem(presence)
    this.#shown.set(userId, item)
    this.#send(item)
    return true
  }
}

export const presenceItem = (presence: Presence): SignalItem =>
  signalItem(signalKeyText({ kind: 'presence', userId: presence.userId }), { type: 'PresenceChanged', presence })

const isOffline = ({ signal }: SignalItem): boolean =>
  signal.type === 'PresenceChanged' && signal.presence.status === 'OFFLINE'

const isSame = ({ signal }: SignalItem, presence: Presence): boolean =>
  signal.type === 'PresenceChanged' && isSamePresence(signal.presence, presence)
