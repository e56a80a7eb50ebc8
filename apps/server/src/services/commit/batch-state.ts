import {
  type Announcement,
  type Changes,
  type Conversation,
  type ConversationId,
  directPairOf,
  forbidden,
  type IdempotencyKey,
  type Instant,
  isActive,
  type LoadedRows,
  type LogEvent,
  type Membership,
  type MembershipNotice,
  type Message,
  type MessageId,
  type MessageRevision,
  maxSequence,
  maySee,
  notFound,
  type Reaction,
  type ReactionKey,
  type SentKey,
  type User,
  type UserId,
} from '@cpc-messenger/messenger'
import type { Actor } from '../identity/actor.ts'
import { QuotaCounts } from '../limits/quota-counts.ts'
import type { Draft, DraftEvent } from './draft.ts'

const pair = (one: string, other: string): string => `${one} ${other}`
const reactionText = (key: ReactionKey): string => `${key.messageId} ${key.userId} ${key.emoji}`
const sentText = (key: SentKey): string => `${key.conversationId} ${key.authorId} ${key.clientMessageId}`
const idempotencyText = (key: IdempotencyKey): string => pair(key.userId, key.key)

export interface MemberContext {
  readonly conversation: Conversation
  readonly membership: Membership
}

/**
 * The rows that a batch has loaded, with what its commands have decided so far laid over them. Each command sees what
 * those before it changed; a refused one leaves nothing behind.
 */
export class BatchState {
  readonly #conversations = new Map<ConversationId, Conversation>()
  readonly #messages = new Map<MessageId, Message>()
  readonly #memberships = new Map<string, Membership>()

  readonly #users = new Map<UserId, User>()
  readonly #reactions = new Map<string, Reaction>()
  readonly #emojiCounts = new Map<MessageId, Map<string, number>>()
  readonly #sent = new Map<string, MessageId>()
  readonly #idempotencyKeys = new Map<string, ConversationId>()
  readonly #directPairs = new Map<string, ConversationId>()
  readonly #conversationKeys = new Map<string, ConversationId>()

  readonly #changedConversations = new Set<ConversationId>()
  readonly #changedMessages = new Set<MessageId>()
  readonly #changedMemberships = new Set<string>()
  readonly #changedUsers = new Set<UserId>()
  readonly #storedReactions = new Set<string>()
  readonly #touchedReactions = new Map<string, ReactionKey>()
  readonly #erasedReactions = new Set<MessageId>()
  readonly #newIdempotencyKeys: (IdempotencyKey & { conversationId: ConversationId })[] = []
  readonly #revisions: MessageRevision[] = []
  readonly #events: LogEvent[] = []
  readonly #ended: { conversationId: ConversationId; sequence: number }[] = []

  /** What is counted for users, with what was decided so far. */
  readonly quotas: QuotaCounts

  constructor(rows: LoadedRows) {
    this.quotas = new QuotaCounts(rows.quotas)
    for (const conversation of rows.conversations) this.#putConversation(conversation)
    for (const message of rows.messages) this.#putMessage(message)
    for (const membership of rows.memberships) this.#putMembership(membership)
    for (const user of rows.users) this.#users.set(user.id, user)
    for (const { messageId, emoji, count } of rows.emojiCounts) this.#countsOf(messageId).set(emoji, count)
    for (const key of rows.idempotencyKeys) this.#idempotencyKeys.set(idempotencyText(key), key.conversationId)
    for (const reaction of rows.reactions) {
      this.#reactions.set(reactionText(reaction), reaction)
      this.#storedReactions.add(reactionText(reaction))
    }
  }

  findUser(id: UserId): User | undefined {
    return this.#users.get(id)
  }

  findMembership(conversationId: ConversationId, userId: UserId): Membership | undefined {
    return this.#memberships.get(pair(conversationId, userId))
  }

  isMember(conversationId: ConversationId, userId: UserId): boolean {
    const membership = this.findMembership(conversationId, userId)
    return membership !== undefined && isActive(membership)
  }

  findReaction(key: ReactionKey): Reaction | undefined {
    return this.#reactions.get(reactionText(key))
  }

  emojiOn(messageId: MessageId): ReadonlySet<string> {
    return new Set(this.#countsOf(messageId).keys())
  }

  findSent(key: SentKey): Message | undefined {
    const id = this.#sent.get(sentText(key))
    return id === undefined ? undefined : this.#messages.get(id)
  }

  findByIdempotencyKey(key: IdempotencyKey): ConversationId | undefined {
    return this.#idempotencyKeys.get(idempotencyText(key))
  }

  findDirect(one: UserId, other: UserId): Conversation | undefined {
    const id = this.#directPairs.get(directPairOf(one, other))
    return id === undefined ? undefined : this.#conversations.get(id)
  }

  hasConversationKey(key: string): boolean {
    return this.#conversationKeys.has(key)
  }

  /** The conversation, if the actor may see it. */
  requireConversation(id: ConversationId, actor: Actor): Conversation {
    const conversation = this.#conversations.get(id)
    if (conversation === undefined || !maySee(conversation, this.findMembership(id, actor.userId)))
      throw notFound('conversation')
    return conversation
  }

  /** The conversation, of which the actor is a member. */
  requireMember(id: ConversationId, actor: Actor): MemberContext {
    const conversation = this.requireConversation(id, actor)
    const membership = this.findMembership(id, actor.userId)
    if (membership === undefined || !isActive(membership))
      throw forbidden('Join this conversation first: only its members may do this.')
    return { conversation, membership }
  }

  /** The message, if the actor may see it. */
  requireMessage(id: MessageId, actor: Actor): Message {
    const message = this.#messages.get(id)
    const conversation = message && this.#conversations.get(message.conversationId)
    if (!message || !conversation || !maySee(conversation, this.findMembership(conversation.id, actor.userId)))
      throw notFound('message')
    return message
  }

  getConversation(id: ConversationId): Conversation {
    const conversation = this.#conversations.get(id)
    if (conversation === undefined) throw new TypeError(`conversation ${id} is not of this batch`)
    return conversation
  }

  getMessage(id: MessageId): Message {
    const message = this.#messages.get(id)
    if (message === undefined) throw new TypeError(`message ${id} is not of this batch`)
    return message
  }

  getMembership(conversationId: ConversationId, userId: UserId): Membership {
    const membership = this.findMembership(conversationId, userId)
    if (membership === undefined) throw new TypeError(`no membership of ${userId} in this batch`)
    return membership
  }

  /** Lays a command's changes over the rows and numbers its events. */
  apply(draft: Draft, actor: Actor, at: Instant): void {
    this.#requireRoom(draft.events ?? [])
    for (const conversation of draft.conversations ?? []) {
      this.#putConversation(conversation)
      this.#changedConversations.add(conversation.id)
    }
    for (const message of draft.messages ?? []) this.#changeMessage(message)
    for (const membership of draft.memberships ?? []) this.#changeMembership(membership)
    for (const user of draft.users ?? []) {
      this.quotas.userChanged(this.#users.get(user.id), user)
      this.#users.set(user.id, user)
      this.#changedUsers.add(user.id)
    }
    for (const reaction of draft.reactionsAdded ?? []) this.#addReaction(reaction)
    for (const key of draft.reactionsRemoved ?? []) this.#removeReaction(key)
    for (const id of draft.reactionsErased ?? []) this.#erasedReactions.add(id)
    for (const key of draft.idempotencyKeys ?? []) {
      this.#idempotencyKeys.set(idempotencyText(key), key.conversationId)
      this.#newIdempotencyKeys.push(key)
    }
    this.#revisions.push(...(draft.revisions ?? []))
    for (const event of draft.events ?? []) this.#number(event, actor, at)
  }

  /** Everything decided so far; undefined where nothing has changed. */
  changes(): Changes | undefined {
    // Nobody reacts to a message once its reactions are erased: what is left of them in the rows here is looked at no more.
    const reactions = [...this.#touchedReactions].filter(([, { messageId }]) => !this.#erasedReactions.has(messageId))
    const changes: Changes = {
      conversations: this.#rowsOf(this.#changedConversations, this.#conversations),
      messages: this.#rowsOf(this.#changedMessages, this.#messages),
      memberships: this.#rowsOf(this.#changedMemberships, this.#memberships),
      users: this.#rowsOf(this.#changedUsers, this.#users),
      reactionsRemoved: reactions.filter(([text]) => this.#storedReactions.has(text)).map(([, key]) => key),
      reactionsErased: [...this.#erasedReactions],
      reactionsAdded: reactions.flatMap(([text]) => this.#reactions.get(text) ?? []),
      idempotencyKeys: this.#newIdempotencyKeys,
      revisions: this.#revisions,
      events: this.#events,
      endedMemberships: this.#ended,
    }
    return Object.values(changes).some(rows => rows.length > 0) ? changes : undefined
  }

  /** One for each log that has grown. */
  announcements(): readonly Announcement[] {
    const byConversation = Map.groupBy(this.#events, event => event.conversationId)
    return [...byConversation].map(([conversationId, events]) => ({
      conversationId,
      events,
      rows: {
        conversations: events.some(event => event.type === 'ConversationUpdated')
          ? [this.getConversation(conversationId)]
          : [],
        messages: [...new Set(events.flatMap(event => ('messageId' in event ? [event.messageId] : [])))].map(id =>
          this.getMessage(id),
        ),
        memberships: [...new Set(events.flatMap(event => ('membershipId' in event ? [event.userId] : [])))].map(id =>
          this.getMembership(conversationId, id),
        ),
      },
    }))
  }

  /** One for each membership that was made and stands. */
  notices(): readonly MembershipNotice[] {
    return this.#events.flatMap(({ conversationId, sequence, ...event }) => {
      if (event.type !== 'MemberJoined') return []
      const { userId, joinedSequence, leftSequence } = this.getMembership(conversationId, event.userId)
      return joinedSequence === sequence && leftSequence === null ? [{ userId, conversationId, sequence }] : []
    })
  }

  #rowsOf<Key, Row>(keys: ReadonlySet<Key>, rows: ReadonlyMap<Key, Row>): readonly Row[] {
    return [...keys].flatMap(key => rows.get(key) ?? [])
  }

  #requireRoom(events: readonly DraftEvent[]): void {
    for (const { conversationId } of events) {
      const last = this.#conversations.get(conversationId)?.lastSequence ?? 0
      if (last + events.length > maxSequence) throw forbidden('The log of this conversation is full.')
    }
  }

  #putConversation(conversation: Conversation): void {
    const before = this.#conversations.get(conversation.id)?.key
    if (before !== undefined && before !== null && before !== conversation.key) this.#conversationKeys.delete(before)
    this.#conversations.set(conversation.id, conversation)
    if (conversation.directPair !== null) this.#directPairs.set(conversation.directPair, conversation.id)
    if (conversation.key !== null) this.#conversationKeys.set(conversation.key, conversation.id)
  }

  #putMessage(message: Message): void {
    this.#messages.set(message.id, message)
    const { conversationId, authorId, clientMessageId } = message
    if (authorId !== null && clientMessageId !== null)
      this.#sent.set(sentText({ conversationId, authorId, clientMessageId }), message.id)
  }

  #changeMessage(message: Message): void {
    this.#putMessage(message)
    this.#changedMessages.add(message.id)
  }

  #putMembership(membership: Membership): string {
    const text = pair(membership.conversationId, membership.userId)
    this.#memberships.set(text, membership)
    return text
  }

  #changeMembership(membership: Membership): void {
    this.quotas.membershipChanged(this.findMembership(membership.conversationId, membership.userId), membership)
    this.#changedMemberships.add(this.#putMembership(membership))
  }

  #countsOf(messageId: MessageId): Map<string, number> {
    const counts = this.#emojiCounts.get(messageId) ?? new Map<string, number>()
    this.#emojiCounts.set(messageId, counts)
    return counts
  }

  #addReaction(reaction: Reaction): void {
    const text = reactionText(reaction)
    const counts = this.#countsOf(reaction.messageId)
    if (!this.#reactions.has(text)) counts.set(reaction.emoji, (counts.get(reaction.emoji) ?? 0) + 1)
    this.#reactions.set(text, reaction)
    this.#touchedReactions.set(text, reaction)
  }

  #removeReaction(key: ReactionKey): void {
    const text = reactionText(key)
    if (!this.#reactions.delete(text)) return
    const counts = this.#countsOf(key.messageId)
    const left = (counts.get(key.emoji) ?? 1) - 1
    if (left > 0) counts.set(key.emoji, left)
    else counts.delete(key.emoji)
    this.#touchedReactions.set(text, key)
  }

  #number({ conversationId, body }: DraftEvent, actor: Actor, at: Instant): void {
    const conversation = this.getConversation(conversationId)
    const sequence = conversation.lastSequence + 1
    this.#conversations.set(conversationId, { ...conversation, lastSequence: sequence })
    this.#changedConversations.add(conversationId)
    const event: LogEvent = { ...body, conversationId, sequence, occurredAt: at, actorId: actor.userId }
    this.#events.push(event)
    this.#stamp(event)
  }

  /** Gives the event's subject its sequences. */
  #stamp(event: LogEvent): void {
    const { conversationId, sequence } = event
    if ('messageId' in event) {
      const message = this.getMessage(event.messageId)
      const created = event.type === 'MessageCreated' ? { sequence } : {}
      this.#changeMessage({ ...message, ...created, changedSequence: sequence })
    }
    if (event.type === 'ReactionAdded') {
      const reaction = this.findReaction(event)
      if (reaction !== undefined) this.#addReaction({ ...reaction, sequence })
    }
    if (event.type === 'MemberJoined') {
      const membership = this.getMembership(conversationId, event.userId)
      this.#changeMembership({
        ...membership,
        firstJoinedSequence: membership.firstJoinedSequence || sequence,
        joinedSequence: sequence,
        leftSequence: null,
        leaveReason: null,
      })
    }
    if (event.type === 'MemberLeft') {
      const membership = this.getMembership(conversationId, event.userId)
      this.#changeMembership({ ...membership, leftSequence: sequence, leaveReason: event.reason })
    }
    if (event.type === 'ConversationDeleted') this.#ended.push({ conversationId, sequence })
  }
}
