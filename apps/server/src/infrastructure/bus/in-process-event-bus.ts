import type { Announcement, ConversationId, EventBus, MembershipNotice, UserId } from '@cpc-messenger/messenger'
import type { Log } from '../../services/log.ts'

type Listener<Told> = (told: Told) => void

/** The bus of a single process: every listener is called in the publisher's turn. */
export class InProcessEventBus implements EventBus {
  readonly state: 'up' | 'degraded' = 'up'
  readonly #log: Log
  readonly #conversations = new Map<ConversationId, Set<Listener<Announcement>>>()
  readonly #users = new Map<UserId, Set<Listener<MembershipNotice>>>()

  constructor(log: Log) {
    this.#log = log
  }

  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void {
    for (const announcement of announcements)
      this.#tell(this.#conversations.get(announcement.conversationId), announcement)
    for (const notice of notices) this.#tell(this.#users.get(notice.userId), notice)
  }

  subscribe(conversationId: ConversationId, listener: Listener<Announcement>): Disposable {
    return listen(this.#conversations, conversationId, listener)
  }

  subscribeUser(userId: UserId, listener: Listener<MembershipNotice>): Disposable {
    return listen(this.#users, userId, listener)
  }

  #tell<Told>(listeners: ReadonlySet<Listener<Told>> | undefined, told: Told): void {
    for (const listener of listeners ?? []) {
      try {
        listener(told)
      } catch (error) {
        this.#log.error({ err: error }, 'a listener of the bus failed')
      }
    }
  }
}

const listen = <Key, Told>(subjects: Map<Key, Set<Listener<Told>>>, key: Key, listener: Listener<Told>): Disposable => {
  const listeners = subjects.get(key) ?? new Set()
  subjects.set(key, listeners)
  // One function given twice is two subscriptions.
  const own: Listener<Told> = told => listener(told)
  listeners.add(own)
  return {
    [Symbol.dispose]() {
      listeners.delete(own)
      if (listeners.size === 0 && subjects.get(key) === listeners) subjects.delete(key)
    },
  }
}
