import type {
  Announcement,
  BusSubscription,
  ConversationId,
  ConversationListener,
  EventBus,
  MembershipNotice,
  UserId,
} from '@cpc-messenger/messenger'
import { InProcessEventBus } from '../../src/infrastructure/bus/in-process/event-bus.ts'
import { silentLog } from '../backend.ts'

/** Loses or delays announcements while it is switched to that, and counts its listeners. */
export class LosingBus implements EventBus {
  readonly #inner = new InProcessEventBus(silentLog)
  readonly state = 'up'
  readonly #held: (readonly Announcement[])[] = []
  losing = false
  holding = false
  losingNotices = false
  listening = 0

  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void {
    if (this.holding) this.#held.push(announcements)
    this.#inner.publish(this.losing || this.holding ? [] : announcements, this.losingNotices ? [] : notices)
  }

  /** Tells what was held back, in its order. */
  release(): void {
    this.holding = false
    for (const announcements of this.#held.splice(0)) this.#inner.publish(announcements, [])
  }

  subscribe(id: ConversationId, listener: ConversationListener): BusSubscription {
    const subscription = this.#inner.subscribe(id, listener)
    this.listening += 1
    return {
      ready: subscription.ready,
      [Symbol.dispose]: () => {
        this.listening -= 1
        subscription[Symbol.dispose]()
      },
    }
  }

  subscribeUser(id: UserId, listener: (notice: MembershipNotice) => void): BusSubscription {
    return this.#inner.subscribeUser(id, listener)
  }

  onRestored(): Disposable {
    return this.#inner.onRestored()
  }
}
