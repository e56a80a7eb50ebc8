import type {
  Announcement,
  BusSubscription,
  ConversationId,
  ConversationListener,
  EventBus,
  MembershipNotice,
  UserId,
} from '@cpc-messenger/messenger'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import { ThrottledLogger } from '../logging/throttled-logger.ts'
import type { NatsAddress } from '../network/nats-address.ts'
import { Listeners } from './listeners.ts'
import { MessageSigner, overheadBytes } from './message-signer.ts'
import { NatsLink, type NatsLinkOptions } from './nats-link.ts'
import { Subjects } from './subjects.ts'
import { decodeNotice, decodeOfConversation, encodeAnnouncement, encodeNotice, maxMessageBytes } from './wire-form.ts'

interface NatsEventBusDependencies {
  /** At least one; all of one cluster. */
  readonly addresses: readonly NatsAddress[]
  /** The epoch of the store that the nodes share; messages of another epoch are ignored. */
  readonly epoch: string
  /** From `MessageStore.sharedSecret`: messages that are not signed with it are ignored. */
  readonly secret: string
  readonly log: Logger
  readonly meter: Pick<Meter, 'busDropped' | 'busIgnored'>
  readonly link?: NatsLinkOptions
}

type NoticeListener = (notice: MembershipNotice) => void

const restored = 'restored'

/**
 * An event bus over NATS, with one subject for each conversation and each user that has listeners. Listeners of this node
 * are called directly. Nothing is queued: a message that cannot be sent at once is dropped.
 */
export class NatsEventBus implements EventBus, AsyncDisposable {
  readonly #meter: NatsEventBusDependencies['meter']
  readonly #throttled: ThrottledLogger
  readonly #link: NatsLink
  readonly #signer: MessageSigner
  readonly #subjects: Subjects
  readonly #conversations: Listeners<ConversationId, ConversationListener>
  readonly #users: Listeners<UserId, NoticeListener>
  readonly #restored: Listeners<typeof restored, () => void>

  private constructor({ addresses, epoch, secret, log, meter, link }: NatsEventBusDependencies) {
    this.#signer = new MessageSigner(secret, epoch)
    this.#subjects = new Subjects(this.#signer.prefix)
    this.#meter = meter
    this.#throttled = new ThrottledLogger(log)
    this.#conversations = new Listeners(log)
    this.#users = new Listeners(log)
    this.#restored = new Listeners(log)
    this.#link = new NatsLink(addresses, log, () => this.#restored.tell(restored, listener => listener()), link)
  }

  /** Resolves once it is connected, or once no server was reachable; then it keeps trying. */
  static async open(parts: NatsEventBusDependencies): Promise<NatsEventBus> {
    const bus = new NatsEventBus(parts)
    await bus.#link.tried
    return bus
  }

  get state(): 'up' | 'degraded' {
    return this.#link.isUp ? 'up' : 'degraded'
  }

  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void {
    for (const announcement of announcements)
      this.#conversations.tell(announcement.conversationId, listener => listener.receive(announcement, 'here'))
    for (const notice of notices) this.#users.tell(notice.userId, listener => listener(notice))
    const maxBytes = Math.min(maxMessageBytes, this.#link.maxBytes) - overheadBytes
    for (const announcement of announcements)
      this.#send(this.#subjects.conversation(announcement.conversationId), () =>
        encodeAnnouncement(announcement, maxBytes),
      )
    for (const notice of notices) this.#send(this.#subjects.user(notice.userId), () => encodeNotice(notice))
  }

  subscribe(conversationId: ConversationId, listener: ConversationListener): BusSubscription {
    const subject = this.#subjects.conversation(conversationId)
    if (!this.#conversations.has(conversationId))
      this.#link.listen(subject, bytes => this.#receiveOfConversation(conversationId, bytes))
    return this.#subscription(this.#conversations.add(conversationId, listener, () => this.#link.forget(subject)))
  }

  subscribeUser(userId: UserId, listener: NoticeListener): BusSubscription {
    const subject = this.#subjects.user(userId)
    if (!this.#users.has(userId)) this.#link.listen(subject, bytes => this.#receiveOfUser(userId, bytes))
    return this.#subscription(this.#users.add(userId, listener, () => this.#link.forget(subject)))
  }

  onRestored(listener: () => void): Disposable {
    return this.#restored.add(restored, listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]()
  }

  #subscription(listening: Disposable): BusSubscription {
    return { ready: this.#link.ready(), [Symbol.dispose]: () => listening[Symbol.dispose]() }
  }

  #send(subject: string, encode: () => Uint8Array): void {
    if (this.#link.canSend && this.#link.publish(subject, this.#signer.sign(encode()))) return
    this.#meter.busDropped(1)
  }

  #receiveOfConversation(conversationId: ConversationId, bytes: Uint8Array): void {
    const payload = this.#open(bytes)
    if (payload === undefined) return
    const said = decodeOfConversation(payload, conversationId)
    if (said === undefined) this.#ignoreForm()
    else if (said.kind === 'head') this.#conversations.tell(conversationId, listener => listener.advance(said.head))
    else this.#conversations.tell(conversationId, listener => listener.receive(said.announcement, 'elsewhere'))
  }

  #receiveOfUser(userId: UserId, bytes: Uint8Array): void {
    const payload = this.#open(bytes)
    if (payload === undefined) return
    const notice = decodeNotice(payload, userId)
    if (notice === undefined) this.#ignoreForm()
    else this.#users.tell(userId, listener => listener(notice))
  }

  #open(bytes: Uint8Array): Uint8Array | undefined {
    const payload = this.#signer.open(bytes)
    if (payload !== undefined) return payload
    this.#meter.busIgnored(1)
    this.#throttled.warn(
      {},
      'a message on the bus was not signed by a node of this database: check who may publish to NATS',
    )
    return undefined
  }

  #ignoreForm(): void {
    this.#meter.busIgnored(1)
    this.#throttled.warn({}, 'a message on the bus has an unknown format: check whether another version is running')
  }
}
