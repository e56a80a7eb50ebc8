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
import { seeded } from '../seeded.ts'

/** Loses, repeats and reorders announcements by a seed, as the port allows. */
export class UnreliableEventBus implements EventBus {
  readonly #inner = new InProcessEventBus(silentLog)
  readonly #random: () => number
  #kept: Announcement[] = []

  constructor(seed: number) {
    this.#random = seeded(seed)
  }

  get state(): 'up' | 'degraded' {
    return this.#inner.state
  }

  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void {
    this.#inner.publish([], notices)
    for (const announcement of announcements) {
      const fate = this.#random()
      if (fate < 0.2) continue
      if (fate < 0.4) this.#kept.push(announcement)
      else this.#inner.publish([announcement], [])
      if (fate > 0.8) this.#inner.publish([announcement], [])
      if (this.#random() < 0.5) {
        this.#inner.publish(this.#kept, [])
        this.#kept = []
      }
    }
  }

  subscribe(conversationId: ConversationId, listener: ConversationListener): BusSubscription {
    return this.#inner.subscribe(conversationId, listener)
  }

  subscribeUser(userId: UserId, listener: (notice: MembershipNotice) => void): BusSubscription {
    return this.#inner.subscribeUser(userId, listener)
  }

  onRestored(): Disposable {
    return this.#inner.onRestored()
  }
}
