import { type Presence, signalKeyText, type UserId } from '@cpc-messenger/messenger'
import { KeyedThrottle } from '../../services/concurrency/keyed-throttle.ts'
import { type SignalItem, signalItem } from './signal-item.ts'
import { isSamePresence, signalIntervalMs } from './signal-sources.ts'

/** The presence of some users as it is now, and as it was last shown: at most once in 250 ms for each user. */
export class PresenceState implements Disposable {
  readonly #send: (item: SignalItem) => void
  readonly #sendsOffline: boolean
  readonly #latest = new Map<UserId, SignalItem>()
  readonly #shown = new Map<UserId, SignalItem>()
  readonly #throttle = new KeyedThrottle<UserId>(signalIntervalMs, userId => this.#update(userId))

  /** `sendsOffline`: a first presence is sent also if it is OFFLINE. */
  constructor(send: (item: SignalItem) => void, sendsOffline = false) {
    this.#send = send
    this.#sendsOffline = sendsOffline
  }

  /** Of those who are not OFFLINE. */
  *shown(): Iterable<SignalItem> {
    for (const item of this.#shown.values()) if (!isOffline(item)) yield item
  }

  has(userId: UserId): boolean {
    return this.#latest.has(userId)
  }

  /** `isHidden`: the viewer shares no conversation with the user, or the user is unknown. */
  set(presence: Presence, isHidden = false): void {
    this.#latest.set(presence.userId, isHidden ? presenceItem(presence, true) : itemOf(presence))
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

  #update(userId: UserId): boolean {
    const item = this.#latest.get(userId)
    if (item === undefined) return false
    const shown = this.#shown.get(userId)
    if (shown === undefined ? !this.#sendsOffline && isOffline(item) : isSame(shown, item)) return false
    this.#shown.set(userId, item)
    this.#send(item)
    return true
  }
}

const presenceItem = (presence: Presence, isHidden: boolean): SignalItem => {
  const key = signalKeyText({ kind: 'presence', userId: presence.userId })
  return signalItem(key, { type: 'PresenceChanged', presence, isHidden })
}

/** Everyone who is sent the same presence gets the same item. */
const items = new WeakMap<Presence, SignalItem>()
const itemOf = (presence: Presence): SignalItem => {
  const known = items.get(presence)
  if (known !== undefined) return known
  const item = presenceItem(presence, false)
  items.set(presence, item)
  return item
}

const isOffline = ({ signal }: SignalItem): boolean =>
  signal.type === 'PresenceChanged' && signal.presence.status === 'OFFLINE'

const isSame = ({ signal: one }: SignalItem, { signal: other }: SignalItem): boolean =>
  one.type === 'PresenceChanged' && other.type === 'PresenceChanged' && isSamePresence(one.presence, other.presence)
