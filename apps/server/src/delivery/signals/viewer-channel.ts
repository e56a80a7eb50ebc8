import { type Signal, type SignalBus, signalKeyText, type UserId } from '@cpc-messenger/messenger'
import { KeyedThrottle } from '../../services/concurrency/keyed-throttle.ts'
import type { Logger } from '../../services/telemetry/logger.ts'
import { type DeliveredSignal, type SignalItem, signalItem } from './signal-item.ts'
import { signalIntervalMs, type ViewerStatus } from './signal-sources.ts'
import type { SignalStream } from './signal-stream.ts'

interface ViewerChannelDependencies {
  readonly bus: SignalBus
  readonly log: Logger
  readonly statusOf: () => Promise<ViewerStatus>
}

/** What is private to one user, for the subscribers of all their devices on this node. */
export class ViewerChannel implements Disposable {
  readonly userId: UserId
  readonly ready: Promise<void>
  readonly #dependencies: ViewerChannelDependencies
  readonly #subscription: Disposable
  readonly #streams = new Set<SignalStream>()
  readonly #latest = new Map<string, Signal>()
  readonly #throttle = new KeyedThrottle<string>(signalIntervalMs, key => this.#pass(key))

  constructor(userId: UserId, dependencies: ViewerChannelDependencies) {
    this.userId = userId
    this.#dependencies = dependencies
    const subscription = dependencies.bus.subscribe({ kind: 'private', userId }, signal => this.#receive(signal))
    this.#subscription = subscription
    this.ready = subscription.ready
  }

  add(stream: SignalStream): Disposable {
    this.#streams.add(stream)
    return { [Symbol.dispose]: () => this.#streams.delete(stream) }
  }

  send(item: SignalItem): void {
    for (const stream of this.#streams) stream.push(item)
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
    this.#throttle[Symbol.dispose]()
  }

  #receive(signal: Signal): void {
    const key = signalKeyText(signal.key)
    this.#latest.set(key, signal)
    this.#throttle.request(key)
  }

  #pass(text: string): boolean {
    const signal = this.#latest.get(text)
    this.#latest.delete(text)
    if (signal === undefined) return false
    if (signal.key.kind === 'viewer') void this.#sendStatus(text)
    else {
      const delivered = deliveredOf(signal)
      if (delivered !== undefined) this.send(signalItem(text, delivered))
    }
    return true
  }

  /** Never rejects. */
  async #sendStatus(key: string): Promise<void> {
    try {
      const status = await this.#dependencies.statusOf()
      this.send(signalItem(key, { type: 'ViewerChanged', userId: this.userId, ...status }))
    } catch (error) {
      this.#dependencies.log.warn({ err: error }, "reading a viewer's status failed")
    }
  }
}

const deliveredOf = ({ key }: Signal): DeliveredSignal | undefined => {
  if (key.kind === 'viewerConversation')
    return { type: 'ViewerConversationChanged', conversationId: key.conversationId }
  if (key.kind === 'viewerThread') {
    const { conversationId, threadRootId: rootMessageId } = key
    return { type: 'ViewerThreadChanged', conversationId, rootMessageId }
  }
  return undefined
}
