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
import type { NodeLink } from '../link/node-link.ts'
import { Listeners } from '../listeners/listeners.ts'
import {
  decodeNotice,
  decodeOfConversation,
  encodeAnnouncement,
  encodeNotice,
  maxMessageBytes,
} from '../wire/announcement-form.ts'

type NoticeListener = (notice: MembershipNotice) => void

/**
 * An event bus over NATS, with one subject for each conversation and each user that has listeners. Listeners of this node
 * are called directly.
 */
export class NatsEventBus implements EventBus {
  readonly #link: NodeLink
  readonly #conversations: Listeners<ConversationId, ConversationListener>
  readonly #users: Listeners<UserId, NoticeListener>

  constructor(link: NodeLink, log: Logger) {
    this.#link = link
    this.#conversations = new Listeners(log)
    this.#users = new Listeners(log)
  }

  get state(): 'up' | 'degraded' {
    return this.#link.state
  }

  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void {
    for (const announcement of announcements)
      this.#conversations.tell(announcement.conversationId, listener => listener.receive(announcement, 'here'))
    for (const notice of notices) this.#users.tell(notice.userId, listener => listener(notice))
    const { subjects, maxPayloadBytes } = this.#link
    const maxBytes = Math.min(maxMessageBytes, maxPayloadBytes)
    for (const announcement of announcements)
      this.#link.send(subjects.conversation(announcement.conversationId), () =>
        encodeAnnouncement(announcement, maxBytes),
      )
    for (const notice of notices) this.#link.send(subjects.user(notice.userId), () => encodeNotice(notice))
  }

  subscribe(conversationId: ConversationId, listener: ConversationListener): BusSubscription {
    const subject = this.#link.subjects.conversation(conversationId)
    if (!this.#conversations.has(conversationId))
      this.#link.listen(subject, payload => this.#receiveOfConversation(conversationId, payload))
    return this.#subscription(this.#conversations.add(conversationId, listener, () => this.#link.forget(subject)))
  }

  subscribeUser(userId: UserId, listener: NoticeListener): BusSubscription {
    const subject = this.#link.subjects.user(userId)
    if (!this.#users.has(userId)) this.#link.listen(subject, payload => this.#receiveOfUser(userId, payload))
    return this.#subscription(this.#users.add(userId, listener, () => this.#link.forget(subject)))
  }

  onRestored(listener: () => void): Disposable {
    return this.#link.onRestored(listener)
  }

  #subscription(listening: Disposable): BusSubscription {
    return { ready: this.#link.ready(), [Symbol.dispose]: () => listening[Symbol.dispose]() }
  }

  #receiveOfConversation(conversationId: ConversationId, payload: Uint8Array): boolean {
    const said = decodeOfConversation(payload, conversationId)
    if (said === undefined) return false
    if (said.kind === 'head') this.#conversations.tell(conversationId, listener => listener.advance(said.head))
    else this.#conversations.tell(conversationId, listener => listener.receive(said.announcement, 'elsewhere'))
    return true
  }

  #receiveOfUser(userId: UserId, payload: Uint8Array): boolean {
    const notice = decodeNotice(payload, userId)
    if (notice === undefined) return false
    this.#users.tell(userId, listener => listener(notice))
    return true
  }
}
