import type {
  Announcement,
  BusSubscription,
  ConversationId,
  ConversationListener,
  EventBus,
  MembershipNotice,
  UserId,
} from '@cpc-messenger/messenger'
import type { Logger } from '../../../services/telemetry/logger.ts'
import { Listeners } from '../listeners/listeners.ts'

const ready = Promise.resolve()
const neverRestored: Disposable = { [Symbol.dispose]: () => undefined }

const atOnce = (listening: Disposable): BusSubscription => ({
  ready,
  [Symbol.dispose]: () => listening[Symbol.dispose](),
})

/** The bus of a single process: `publish` calls every listener synchronously. */
export class InProcessEventBus implements EventBus {
  readonly state: 'up' | 'degraded' = 'up'
  readonly #conversations: Listeners<ConversationId, ConversationListener>
  readonly #users: Listeners<UserId, (notice: MembershipNotice) => void>

  constructor(log: Logger) {
    this.#conversations = new Listeners(log)
    this.#users = new Listeners(log)
  }

  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void {
    for (const announcement of announcements)
      this.#conversations.tell(announcement.conversationId, listener => listener.receive(announcement, 'here'))
    for (const notice of notices) this.#users.tell(notice.userId, listener => listener(notice))
  }

  subscribe(conversationId: ConversationId, listener: ConversationListener): BusSubscription {
    return atOnce(this.#conversations.add(conversationId, listener))
  }

  subscribeUser(userId: UserId, listener: (notice: MembershipNotice) => void): BusSubscription {
    return atOnce(this.#users.add(userId, listener))
  }

  /** The bus of one process is always available. */
  onRestored(): Disposable {
    return neverRestored
  }
}
