import { type Changes, type SignalBus, type SignalKey, signalKeyText, type ThreadState } from '@cpc-messenger/messenger'
import type { CommitListener } from '../commit/committer.ts'
import { KeyedThrottle } from '../concurrency/keyed-throttle.ts'

type ThreadKey = Extract<SignalKey, { readonly kind: 'viewerThread' }>

/** The least time between two signals of one user and thread. */
const intervalMs = 250

/** Tells the devices of users that what they have to do with a thread has changed: following, the marker. */
export class ThreadSignals implements CommitListener, Disposable {
  readonly #bus: SignalBus
  readonly #changed = new Map<string, ThreadKey>()
  readonly #throttle = new KeyedThrottle<string>(intervalMs, text => this.#publish(text))

  constructor(bus: SignalBus) {
    this.#bus = bus
  }

  committed({ threadStates }: Changes): void {
    for (const state of threadStates) this.changed(state)
  }

  changed({ userId, conversationId, rootId }: Pick<ThreadState, 'userId' | 'conversationId' | 'rootId'>): void {
    const key: ThreadKey = { kind: 'viewerThread', userId, conversationId, threadRootId: rootId }
    const text = signalKeyText(key)
    this.#changed.set(text, key)
    this.#throttle.request(text)
  }

  [Symbol.dispose](): void {
    this.#throttle[Symbol.dispose]()
  }

  #publish(text: string): boolean {
    const key = this.#changed.get(text)
    if (key === undefined) return false
    this.#changed.delete(text)
    this.#bus.publish({ kind: 'private', userId: key.userId }, { key })
    return true
  }
}
