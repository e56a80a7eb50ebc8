import type { ConversationId, EventBus, MembershipNotice, UserId } from '@cpc-messenger/messenger'

/** A user's membership notices. Those that are received before `start` are kept for it. */
export class MembershipNotices implements Disposable {
  /** Resolves when the bus delivers the notices that are published from now on. */
  readonly ready: Promise<void>
  readonly #subscription: Disposable
  #early: ConversationId[] = []
  #listener: ((conversationId: ConversationId) => void) | undefined

  constructor(bus: EventBus, userId: UserId) {
    const subscription = bus.subscribeUser(userId, notice => this.#receive(notice))
    this.#subscription = subscription
    this.ready = subscription.ready
  }

  /** Passes the kept notices to the listener, and then every notice that is received. */
  start(listener: (conversationId: ConversationId) => void): void {
    this.#listener = listener
    const early = this.#early
    this.#early = []
    for (const conversationId of early) listener(conversationId)
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]()
  }

  #receive({ conversationId }: MembershipNotice): void {
    if (this.#listener === undefined) this.#early.push(conversationId)
    else this.#listener(conversationId)
  }
}
