import {
  type ConversationId,
  type MemberReader,
  type Signal,
  signalKeyText,
  type UserId,
  type ViewerStateReader,
} from '@cpc-messenger/messenger'
import { KeyedThrottle } from '../../services/concurrency/keyed-throttle.ts'
import { maxMembersOfMarkers } from '../../services/markers/marker-signals.ts'
import { type SignalItem, signalItem } from './signal-item.ts'
import { signalIntervalMs } from './signal-sources.ts'

export type MarkerSignal = Extract<Signal, { readonly key: { readonly kind: 'markers' } }>

interface MemberMarkersDependencies {
  readonly members: Pick<MemberReader, 'page'>
  readonly states: Pick<ViewerStateReader, 'byPairs'>
}

/** Markers as other members see them. */
interface ShownMarkers {
  readonly read: number
  readonly delivered: number
}

/**
 * The markers of a conversation's members as they are now, and as they were last sent: each at most once in 250 ms. A
 * conversation whose markers are sent has few members.
 */
export class MemberMarkers implements Disposable {
  readonly #conversationId: ConversationId
  readonly #dependencies: MemberMarkersDependencies
  readonly #send: (item: SignalItem) => void
  readonly #latest = new Map<UserId, ShownMarkers>()
  readonly #sent = new Map<UserId, SignalItem>()
  readonly #throttle = new KeyedThrottle<UserId>(signalIntervalMs, userId => this.#update(userId))
  #loading: Promise<void> | undefined

  constructor(
    conversationId: ConversationId,
    dependencies: MemberMarkersDependencies,
    send: (item: SignalItem) => void,
  ) {
    this.#conversationId = conversationId
    this.#dependencies = dependencies
    this.#send = send
  }

  /** Resolves once the markers of all members are known. Rejects if they cannot be read; a later call reads again. */
  load(): Promise<void> {
    this.#loading ??= this.#read().catch(error => {
      this.#loading = undefined
      throw error
    })
    return this.#loading
  }

  /** Members may have changed without an event. */
  missed(): void {
    this.#loading = undefined
  }

  shown(): Iterable<SignalItem> {
    return this.#sent.values()
  }

  receive({ key: { userId }, read, delivered }: MarkerSignal): void {
    this.#move(userId, { read, delivered })
    this.#throttle.request(userId)
  }

  /** A member has read everything up to their own joining. */
  joined(userId: UserId, sequence: number): void {
    if (this.#loading === undefined || this.#latest.size >= maxMembersOfMarkers) return
    this.#begin(userId, { read: sequence, delivered: sequence })
  }

  left(userId: UserId): void {
    this.#latest.delete(userId)
    this.#sent.delete(userId)
  }

  [Symbol.dispose](): void {
    this.#throttle[Symbol.dispose]()
  }

  async #read(): Promise<void> {
    const { members, states } = this.#dependencies
    const conversationId = this.#conversationId
    const page = await members.page({ conversationId, limit: maxMembersOfMarkers + 1 })
    if (page.length > maxMembersOfMarkers) return
    const rows = await states.byPairs(page.map(({ userId }) => ({ conversationId, userId })))
    const stored = new Map(rows.map(row => [row.userId, row]))
    for (const { userId, joinedSequence } of page) {
      const { shownReadSequence = 0, shownDeliveredSequence = 0 } = stored.get(userId) ?? {}
      this.#begin(userId, {
        read: Math.max(joinedSequence, shownReadSequence),
        delivered: Math.max(joinedSequence, shownDeliveredSequence),
      })
    }
  }

  /** The markers are those that a subscriber starts with: they did not move. */
  #begin(userId: UserId, markers: ShownMarkers): void {
    const latest = this.#move(userId, markers)
    if (this.#sent.has(userId)) this.#throttle.request(userId)
    else this.#sent.set(userId, this.#itemOf(userId, latest))
  }

  /** Markers never decrease: of two values the greater one is valid. */
  #move(userId: UserId, { read, delivered }: ShownMarkers): ShownMarkers {
    const before = this.#latest.get(userId)
    const latest = {
      read: Math.max(before?.read ?? 0, read),
      delivered: Math.max(before?.delivered ?? 0, delivered),
    }
    this.#latest.set(userId, latest)
    return latest
  }

  #update(userId: UserId): boolean {
    const markers = this.#latest.get(userId)
    if (markers === undefined) return false
    const sent = this.#sent.get(userId)?.signal
    const isSent =
      sent?.type === 'ReadMarkerMoved' &&
      sent.readSequence === markers.read &&
      sent.deliveredSequence === markers.delivered
    if (isSent) return false
    const item = this.#itemOf(userId, markers)
    this.#sent.set(userId, item)
    this.#send(item)
    return true
  }

  #itemOf(userId: UserId, { read: readSequence, delivered: deliveredSequence }: ShownMarkers): SignalItem {
    const conversationId = this.#conversationId
    const key = signalKeyText({ kind: 'markers', conversationId, userId })
    return signalItem(key, { type: 'ReadMarkerMoved', conversationId, userId, readSequence, deliveredSequence })
  }
}
