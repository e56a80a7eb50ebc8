import type {
  Announcement,
  BusSubscription,
  ConversationId,
  EventBus,
  LogEvent,
  MembershipNotice,
  Message,
  MessageContent,
  UserId,
} from '@cpc-messenger/messenger'
import { TypeIdGenerator } from '../../src/infrastructure/ids/type-id-generator.ts'
import { user } from '../backend.ts'

const ids = new TypeIdGenerator({ now: () => Date.now() })
const at = Date.UTC(2026, 10, 22)

export const newConversationId = (): ConversationId => ids.conversationId()

const messageWith = (conversationId: ConversationId, sequence: number, content: MessageContent): Message => ({
  id: ids.messageId(),
  conversationId,
  sequence,
  changedSequence: sequence,
  authorId: user('alice'),
  content,
  metadata: { of: ['the', { test: null }] },
  createdAt: at,
  updatedAt: null,
  deletedAt: null,
  deletedById: null,
  version: 1,
  clientMessageId: `key-${sequence}`,
  sentFingerprint: 123_456,
  replyToId: null,
  threadRootId: null,
  alsoInConversation: false,
  ordinal: 1,
})

const text = (value: string): MessageContent => ({
  kind: 'text',
  text: value,
  format: 'PLAIN',
  mentionIds: [user('bob')],
  mentionsEveryone: false,
})

/** An announcement of so many messages from a sequence on. */
export const sent = (conversationId: ConversationId, from: number, texts: readonly string[]): Announcement => {
  const messages = texts.map((value, index) => messageWith(conversationId, from + index, text(value)))
  const events = messages.map(
    ({ id, sequence }): LogEvent => ({
      type: 'MessageCreated',
      messageId: id,
      conversationId,
      sequence,
      occurredAt: at,
      actorId: user('alice'),
      threadRootId: null,
    }),
  )
  return { conversationId, events, rows: { messages, memberships: [], conversations: [] } }
}

/** The announcements and heads that a listener of one conversation receives. */
export class ReceivedAnnouncements implements Disposable {
  readonly received: (Announcement | number)[] = []
  readonly subscription: BusSubscription

  constructor(bus: EventBus, conversationId: ConversationId) {
    this.subscription = bus.subscribe(conversationId, {
      receive: announcement => void this.received.push(announcement),
      advance: head => void this.received.push(head),
    })
  }

  get ready(): Promise<void> {
    return this.subscription.ready
  }

  [Symbol.dispose](): void {
    this.subscription[Symbol.dispose]()
  }
}

/** The notices that a user receives. */
export class Notices implements Disposable {
  readonly received: MembershipNotice[] = []
  readonly subscription: BusSubscription

  constructor(bus: EventBus, userId: UserId) {
    this.subscription = bus.subscribeUser(userId, notice => void this.received.push(notice))
  }

  get ready(): Promise<void> {
    return this.subscription.ready
  }

  [Symbol.dispose](): void {
    this.subscription[Symbol.dispose]()
  }
}
