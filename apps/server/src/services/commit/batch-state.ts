import {
  type Announcement,
  type Changes,
  type Conversation,
  type ConversationId,
  type ConversationUser,
  directPairOf,
  forbidden,
  type IdempotencyKey,
  type Instant,
  isActive,
  type LoadedRows,
  type Membership,
  type MembershipNotice,
  type Mention,
  type Message,
  type MessageId,
  type MessageRevision,
  maySee,
  notFound,
  type Reaction,
  type ReactionKey,
  type RevisionKey,
  type SentKey,
  type StoredPresence,
  type Thread,
  type ThreadState,
  type User,
  type UserId,
  type ViewerState,
} from '@cpc-messenger/messenger'
import type { Actor } from '../identity/actor.ts'
import type { QuotaCounts } from '../limits/quota-counts.ts'
import { announcementsOf, noticesOf } from './announcements.ts'
import { BatchRows } from './batch-rows.ts'
import type { Draft, DraftFollowers } from './draft.ts'
import { EventNumbering } from './event-numbering.ts'

export interface MemberContext {
  readonly conversation: Conversation
  readonly membership: Membership
}

/**
 * What the use cases of a batch see: the rows that the batch has loaded, with the changes of earlier commands applied. A
 * refused command changes nothing.
 */
export class BatchState {
  readonly #rows: BatchRows
  readonly #numbering: EventNumbering

  constructor(loaded: LoadedRows) {
    this.#rows = new BatchRows(loaded)
    this.#numbering = new EventNumbering(this.#rows)
  }

  /** Counts per user, including what earlier commands have changed. */
  get quotas(): QuotaCounts {
    return this.#rows.quotas
  }

  findUser(id: UserId): User | undefined {
    return this.#rows.user(id)
  }

  findPresence(userId: UserId): StoredPresence | undefined {
    return this.#rows.presence(userId)
  }

  findMembership(conversationId: ConversationId, userId: UserId): Membership | undefined {
    return this.#rows.membership(conversationId, userId)
  }

  isMember(conversationId: ConversationId, userId: UserId): boolean {
    const membership = this.findMembership(conversationId, userId)
    return membership !== undefined && isActive(membership)
  }

  /** A stored revision of a message, unless the history of its conversation was erased since. */
  findRevision(key: RevisionKey): MessageRevision | undefined {
    const revision = this.#rows.revision(key)
    const { historyGeneration } = this.getConversation(this.getMessage(key.messageId).conversationId)
    return revision?.historyGeneration === historyGeneration ? revision : undefined
  }

  findReaction(key: ReactionKey): Reaction | undefined {
    return this.#rows.reactions.get(key)
  }

  emojiOn(messageId: MessageId): ReadonlySet<string> {
    return this.#rows.reactions.emojiOn(messageId)
  }

  findSent(key: SentKey): Message | undefined {
    return this.#rows.messages.bySentKey(key)
  }

  findByIdempotencyKey(key: IdempotencyKey): ConversationId | undefined {
    return this.#rows.idempotencyKey(key)?.conversationId
  }

  findDirect(one: UserId, other: UserId): Conversation | undefined {
    return this.#rows.conversations.byDirectPair(directPairOf(one, other))
  }

  /** What the user keeps of the conversation. Markers that are not written yet are not in it. */
  viewerState(of: ConversationUser): ViewerState {
    return this.#rows.viewerState(of)
  }

  hasConversationKey(key: string): boolean {
    return this.#rows.conversations.hasKey(key)
  }

  /** Returns the conversation if the actor may see it. */
  requireConversation(id: ConversationId, actor: Actor): Conversation {
    const conversation = this.#rows.conversations.get(id)
    if (conversation === undefined || !maySee(conversation, this.findMembership(id, actor.userId)))
      throw notFound('conversation')
    return conversation
  }

  /** Returns the conversation if the actor is a member. */
  requireMember(id: ConversationId, actor: Actor): MemberContext {
    const conversation = this.requireConversation(id, actor)
    const membership = this.findMembership(id, actor.userId)
    if (membership === undefined || !isActive(membership))
      throw forbidden('Join this conversation first: only its members may do this.')
    return { conversation, membership }
  }

  /** Returns the message if the actor may see it. */
  requireMessage(id: MessageId, actor: Actor): Message {
    const message = this.#rows.messages.get(id)
    const conversation = message && this.#rows.conversations.get(message.conversationId)
    if (!message || !conversation || !maySee(conversation, this.findMembership(conversation.id, actor.userId)))
      throw notFound('message')
    return message
  }

  getConversation(id: ConversationId): Conversation {
    return this.#rows.getConversation(id)
  }

  getMessage(id: MessageId): Message {
    return this.#rows.getMessage(id)
  }

  /** The mentions in a message that the batch has loaded with them. */
  mentionsIn(messageId: MessageId): readonly Mention[] {
    return this.#rows.mentions.of(messageId)
  }

  findThread(rootId: MessageId): Thread | undefined {
    return this.#rows.threads.get(rootId)
  }

  /** What a user has to do with a thread that the batch has loaded. */
  threadState(thread: Thread, userId: UserId): ThreadState {
    return this.#rows.threads.state(thread, userId)
  }

  getMembership(conversationId: ConversationId, userId: UserId): Membership {
    return this.#rows.getMembership(conversationId, userId)
  }

  /** Applies a command's changes to the rows and numbers its events. */
  apply(draft: Draft, actor: Actor, at: Instant): void {
    const { events = [] } = draft
    this.#numbering.requireSequences(events)
    for (const conversation of draft.conversations ?? []) this.#rows.conversations.put(conversation)
    for (const message of draft.messages ?? []) this.#rows.messages.put(message)
    for (const revision of draft.revisions ?? []) this.#rows.putRevision(revision)
    for (const membership of draft.memberships ?? []) this.#rows.putMembership(membership)
    for (const user of draft.users ?? []) this.#rows.putUser(user)
    for (const presence of draft.presences ?? []) this.#rows.putPresence(presence)
    for (const reaction of draft.reactionsAdded ?? []) this.#rows.reactions.put(reaction)
    for (const key of draft.reactionsRemoved ?? []) this.#rows.reactions.remove(key)
    for (const id of draft.reactionsErased ?? []) this.#rows.reactions.eraseAll(id)
    for (const key of draft.mentionsRemoved ?? []) this.#rows.mentions.remove(key)
    for (const mention of draft.mentionsAdded ?? []) this.#rows.mentions.put(mention)
    for (const key of draft.idempotencyKeys ?? []) this.#rows.putIdempotencyKey(key)
    for (const state of draft.viewerStates ?? []) this.#rows.putViewerState(state)
    for (const change of draft.returns ?? []) this.#rows.putReturn(change)
    for (const entry of draft.audit ?? []) this.#rows.addAuditEntry(entry)
    for (const event of events) this.#numbering.append(event, actor, at)
    for (const state of draft.threadStates ?? []) this.#rows.threads.putState(state)
    if (draft.followers !== undefined) this.#follow(draft.followers)
  }

  #follow({ rootId, conversationId, userIds }: DraftFollowers): void {
    const { lastSequence } = this.#rows.getConversation(conversationId)
    this.#rows.threads.follow({ rootId, conversationId }, userIds, lastSequence)
  }

  /** Everything that the batch has to write; undefined if nothing has changed. */
  changes(): Changes | undefined {
    const { events, endedMemberships } = this.#numbering
    const changes: Changes = { ...this.#rows.changes(), events, endedMemberships }
    return Object.values(changes).some(rows => rows.length > 0) ? changes : undefined
  }

  /** Users whose name or picture has changed. */
  get changedProfiles(): ReadonlySet<UserId> {
    return this.#rows.changedProfiles
  }

  announcements(): readonly Announcement[] {
    return announcementsOf(this.#numbering.events, this.#rows)
  }

  notices(): readonly MembershipNotice[] {
    return noticesOf(this.#numbering.events, this.#rows)
  }
}
