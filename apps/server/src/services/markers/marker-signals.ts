import type { Signal } from '@cpc-messenger/messenger'
import {
  type ConversationUser,
  type Markers,
  type SignalBus,
  type SignalTopic,
  signalKeyText,
} from '@cpc-messenger/messenger'
import { KeyedThrottle } from '../concurrency/keyed-throttle.ts'

/** At most one signal for each key in this time. */
const intervalMs = 250

/** Markers are sent in conversations of up to so many members. */
export const maxMembersOfMarkers = 100

interface Pending {
  readonly topic: SignalTopic
  readonly signal: Signal
}

const privateTopic = ({ userId }: ConversationUser): SignalTopic => ({ kind: 'private', userId })

/** Publishes which markers have moved, and what has changed for a user alone; coalesced for each key. */
export class MarkerSignals implements Disposable {
  readonly #bus: SignalBus
  readonly #pending = new Map<string, Pending>()
  readonly #throttle = new KeyedThrottle<string>(intervalMs, key => this.#publish(key))
  /** Whose own markers were published and are not written yet; undefined if no other node reads them. */
  readonly #unwritten: Map<string, ConversationUser> | undefined

  /** `otherNodes`: other nodes read the same database. */
  constructor(bus: SignalBus, { otherNodes }: { readonly otherNodes: boolean }) {
    this.#bus = bus
    this.#unwritten = otherNodes ? new Map() : undefined
  }

  /** To the other members: what they are shown. */
  shownMoved({ conversationId, userId }: ConversationUser, markers: Markers): void {
    this.#request(
      { kind: 'conversation', conversationId },
      {
        key: { kind: 'markers', conversationId, userId },
        read: markers.shownReadSequence,
        delivered: markers.shownDeliveredSequence,
      },
    )
  }

  /** To the user's own devices. */
  ownMoved({ conversationId, userId }: ConversationUser, { readSequence, deliveredSequence }: Markers): void {
    const key = { kind: 'viewerConversation', conversationId, userId } as const
    this.#unwritten?.set(signalKeyText(key), { conversationId, userId })
    this.#request(privateTopic({ conversationId, userId }), {
      key,
      markers: { read: readSequence, delivered: deliveredSequence },
    })
  }

  /** To the user's own devices: settings, or what is archived or marked unread. */
  ownChanged({ conversationId, userId }: ConversationUser): void {
    const key = { kind: 'viewerConversation', conversationId, userId } as const
    const before = this.#pending.get(signalKeyText(key))?.signal
    const markers = before !== undefined && 'markers' in before ? before.markers : null
    this.#request(privateTopic({ conversationId, userId }), { key, markers })
  }

  /**
   * Calls `write`, and then publishes again whose own markers it has written: a device that has queried them from a node
   * without a subscriber of the user may have got those of before.
   */
  async aroundWrite(write: () => Promise<void>): Promise<void> {
    const moved = [...(this.#unwritten ?? [])]
    this.#unwritten?.clear()
    try {
      await write()
    } catch (error) {
      for (const [key, pair] of moved) this.#unwritten?.set(key, pair)
      throw error
    }
    for (const [, pair] of moved) this.ownChanged(pair)
  }

  [Symbol.dispose](): void {
    this.#throttle[Symbol.dispose]()
    for (const key of [...this.#pending.keys()]) this.#publish(key)
  }

  #request(topic: SignalTopic, signal: Signal): void {
    const key = signalKeyText(signal.key)
    this.#pending.set(key, { topic, signal })
    this.#throttle.request(key)
  }

  #publish(key: string): boolean {
    const pending = this.#pending.get(key)
    if (pending === undefined) return false
    this.#pending.delete(key)
    this.#bus.publish(pending.topic, pending.signal)
    return true
  }
}
