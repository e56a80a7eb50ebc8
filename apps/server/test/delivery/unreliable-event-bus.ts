import type { Announcement, ConversationId, EventBus, MembershipNotice, UserId } from '@cpc-messenger/messenger'
import { InProcessEventBus } from '../../src/infrastructure/bus/in-process-event-bus.ts'
import { silentLog } from '../backend.ts'

/** A reproducible sequence of numbers from 0 up to 1. */
export const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
}

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

  subscribe(conversationId: ConversationId, listener: (announcement: Announcement) => void): Disposable {
    return this.#inner.subscribe(conversationId, listener)
  }

  subscribeUser(userId: UserId, listener: (notice: MembershipNotice) => void): Disposable {
    return this.#inner.subscribeUser(userId, listener)
  }
}
