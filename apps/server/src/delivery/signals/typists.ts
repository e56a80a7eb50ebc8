import { signalKeyText } from '@cpc-messenger/messenger'
import { KeyedThrottle } from '../../services/concurrency/keyed-throttle.ts'
import { type TypingPlace, type Typist, typingMs, typingSignalMs } from '../../services/typing/typing-place.ts'
import { type SignalItem, signalItem } from './signal-item.ts'

/** At most so many users who type in one place are shown. */
export const maxShownTypists = 5

interface Typing {
  readonly typist: Typist
  /** On the monotonic clock. */
  expiresAt: number
}

/** The typists of one place. */
interface Place {
  readonly typing: Map<string, Typing>
  /** The keys of those of whom subscribers were shown that they type. */
  readonly shown: Map<string, SignalItem>
}

/**
 * Who types in the places of one conversation. Subscribers are shown of five users in each place; if one of them stops, the
 * next one is shown. Each user and place is shown at most once in two seconds.
 */
export class Typists implements Disposable {
  readonly #send: (item: SignalItem) => void
  readonly #places = new Map<string, Place>()
  readonly #placeOf = new Map<string, string>()
  readonly #throttle = new KeyedThrottle<string>(typingSignalMs, key => this.#update(key))
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(send: (item: SignalItem) => void) {
    this.#send = send
  }

  /** Those that subscribers were shown of. */
  *shown(): Iterable<SignalItem> {
    for (const { shown } of this.#places.values()) yield* shown.values()
  }

  /** The user types for this long, if it is not set again. */
  start(typist: Typist, leftMs: number): void {
    if (leftMs <= 0) return
    const key = keyOf(typist)
    const place = this.#place(typist)
    const expiresAt = performance.now() + Math.min(leftMs, typingMs)
    const known = place.typing.get(key)
    if (known === undefined) {
      place.typing.set(key, { typist, expiresAt })
      this.#placeOf.set(key, placeText(typist))
      this.#throttle.request(key)
    } else known.expiresAt = expiresAt
    this.#schedule(expiresAt)
  }

  stop(typist: Typist): void {
    this.#stop(keyOf(typist))
  }

  /** The user stops typing in all places. */
  stopUser(userId: string): void {
    for (const { typing } of [...this.#places.values()])
      for (const [key, { typist }] of [...typing]) if (typist.userId === userId) this.#stop(key)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#throttle[Symbol.dispose]()
    this.#places.clear()
    this.#placeOf.clear()
  }

  #place(of: TypingPlace): Place {
    const text = placeText(of)
    const known = this.#places.get(text)
    if (known !== undefined) return known
    const place: Place = { typing: new Map(), shown: new Map() }
    this.#places.set(text, place)
    return place
  }

  #stop(key: string): void {
    const place = this.#find(key)
    if (place === undefined || !place.typing.delete(key)) return
    if (place.shown.has(key)) this.#throttle.request(key)
    else this.#forget(key, place)
  }

  #find(key: string): Place | undefined {
    const text = this.#placeOf.get(key)
    return text === undefined ? undefined : this.#places.get(text)
  }

  /** Sends what has changed for this user; returns whether anything was shown. */
  #update(key: string): boolean {
    const place = this.#find(key)
    if (place === undefined) return false
    const typing = place.typing.get(key)
    const shown = place.shown.get(key)
    if (typing !== undefined && shown === undefined) return this.#started(key, typing.typist, place)
    if (typing === undefined && shown !== undefined) return this.#stopped(key, shown, place)
    return false
  }

  #started(key: string, typist: Typist, place: Place): boolean {
    if (place.shown.size >= maxShownTypists) return false
    const { conversationId, threadRootId, userId } = typist
    const item = signalItem(key, { type: 'TypingStarted', conversationId, threadRootId, userId })
    place.shown.set(key, item)
    this.#send(item)
    return true
  }

  #stopped(key: string, { signal }: SignalItem, place: Place): boolean {
    place.shown.delete(key)
    if (signal.type === 'TypingStarted') this.#send(signalItem(key, { ...signal, type: 'TypingStopped' }))
    for (const other of place.typing.keys()) {
      if (place.shown.size >= maxShownTypists) break
      if (!place.shown.has(other)) this.#throttle.request(other)
    }
    this.#forget(key, place)
    return true
  }

  #forget(key: string, place: Place): void {
    const text = this.#placeOf.get(key)
    this.#placeOf.delete(key)
    if (text !== undefined && place.typing.size + place.shown.size === 0) this.#places.delete(text)
  }

  #schedule(expiresAt: number): void {
    if (expiresAt >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = expiresAt
    this.#timer = setTimeout(() => this.#expire(), Math.max(1, expiresAt - performance.now())).unref()
  }

  #expire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = performance.now()
    let next = Number.POSITIVE_INFINITY
    for (const { typing } of [...this.#places.values()])
      for (const [key, { expiresAt }] of [...typing]) {
        if (expiresAt <= now) this.#stop(key)
        else next = Math.min(next, expiresAt)
      }
    if (next < Number.POSITIVE_INFINITY) this.#schedule(next)
  }
}

const placeText = ({ threadRootId }: TypingPlace): string => threadRootId ?? ''
const keyOf = (typist: Typist): string => signalKeyText({ kind: 'typing', ...typist })
