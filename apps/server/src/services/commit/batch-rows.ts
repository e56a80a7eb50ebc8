import {
  type AuditEntry,
  type Conversation,
  type ConversationId,
  type ConversationReturn,
  type ConversationUser,
  type IdempotencyKey,
  type LoadedRows,
  type Membership,
  type Message,
  type MessageId,
  type MessageRevision,
  newViewerState,
  type RevisionKey,
  returnsFor,
  type StoredIdempotencyKey,
  type StoredPresence,
  type User,
  type UserId,
  type ViewerState,
} from '@cpc-messenger/messenger'
import { QuotaCounts } from '../limits/quota-counts.ts'
import { ConversationRows } from './conversation-rows.ts'
import { MentionRows } from './mention-rows.ts'
import { MessageRows } from './message-rows.ts'
import { ReactionRows } from './reaction-rows.ts'
import { ThreadRows } from './thread-rows.ts'
import { TrackedRows } from './tracked-rows.ts'

const pair = (one: string, other: string): string => `${one} ${other}`

const revisionText = ({ messageId, version }: RevisionKey): string => pair(messageId, String(version))

const hasSameProfile = (one: User, other: User): boolean =>
  one.displayName === other.displayName && one.avatarUrl === other.avatarUrl

/** The rows of every table that a batch has loaded or changed. */
export class BatchRows {
  readonly conversations = new ConversationRows()
  readonly messages = new MessageRows()
  readonly reactions = new ReactionRows()
  readonly threads = new ThreadRows()
  readonly mentions = new MentionRows()
  /** Users whose name or picture the batch has changed. */
  readonly changedProfiles = new Set<UserId>()
  /** Counts per user, including what the batch has changed. */
  readonly quotas: QuotaCounts
  readonly #revisions = new TrackedRows<MessageRevision>(revisionText)
  readonly #memberships = new TrackedRows<Membership>(row => pair(row.conversationId, row.userId))
  readonly #users = new TrackedRows<User>(({ id }) => id)
  readonly #presences = new TrackedRows<StoredPresence>(({ userId }) => userId)
  readonly #idempotencyKeys = new TrackedRows<StoredIdempotencyKey>(({ userId, key }) => pair(userId, key))

  readonly #viewerStates = new TrackedRows<ViewerState>(row => pair(row.conversationId, row.userId))
  readonly #returns: ConversationReturn[] = []
  readonly #audit: AuditEntry[] = []

  constructor(loaded: LoadedRows) {
    this.quotas = new QuotaCounts(loaded.quotas)
    for (const row of loaded.conversations) this.conversations.load(row)
    for (const row of loaded.messages) this.messages.load(row)
    for (const row of loaded.revisions) this.#revisions.load(row)
    for (const row of loaded.memberships) this.#memberships.load(row)
    for (const row of loaded.users) this.#users.load(row)
    for (const row of loaded.presences) this.#presences.load(row)
    for (const row of loaded.idempotencyKeys) this.#idempotencyKeys.load(row)
    for (const row of loaded.viewerStates) this.#viewerStates.load(row)
    this.reactions.load(loaded.reactions, loaded.emojiCounts)
    this.threads.load(loaded.threads, loaded.threadStates)
    this.mentions.load(loaded.mentions)
  }

  revision(key: RevisionKey): MessageRevision | undefined {
    return this.#revisions.get(revisionText(key))
  }

  membership(conversationId: ConversationId, userId: UserId): Membership | undefined {
    return this.#memberships.get(pair(conversationId, userId))
  }

  user(id: UserId): User | undefined {
    return this.#users.get(id)
  }

  presence(userId: UserId): StoredPresence | undefined {
    return this.#presences.get(userId)
  }

  idempotencyKey({ userId, key }: IdempotencyKey): StoredIdempotencyKey | undefined {
    return this.#idempotencyKeys.get(pair(userId, key))
  }

  getConversation(id: ConversationId): Conversation {
    const conversation = this.conversations.get(id)
    if (conversation === undefined) throw new TypeError(`conversation ${id} was not loaded by this batch`)
    return conversation
  }

  getMessage(id: MessageId): Message {
    const message = this.messages.get(id)
    if (message === undefined) throw new TypeError(`message ${id} was not loaded by this batch`)
    return message
  }

  getMembership(conversationId: ConversationId, userId: UserId): Membership {
    const membership = this.membership(conversationId, userId)
    if (membership === undefined)
      throw new TypeError(`the membership of ${userId} in ${conversationId} was not loaded by this batch`)
    return membership
  }

  putRevision(revision: MessageRevision): void {
    this.#revisions.put(revision)
  }

  putMembership(membership: Membership): void {
    this.quotas.membershipChanged(this.membership(membership.conversationId, membership.userId), membership)
    this.#memberships.put(membership)
  }

  putUser(user: User): void {
    const before = this.user(user.id)
    this.quotas.userChanged(before, user)
    if (before !== undefined && !hasSameProfile(before, user)) this.changedProfiles.add(user.id)
    this.#users.put(user)
  }

  putPresence(presence: StoredPresence): void {
    this.#presences.put(presence)
  }

  putIdempotencyKey(key: StoredIdempotencyKey): void {
    this.#idempotencyKeys.put(key)
  }

  viewerState(of: ConversationUser): ViewerState {
    return this.#viewerStates.get(pair(of.conversationId, of.userId)) ?? newViewerState(of)
  }

  putViewerState(state: ViewerState): void {
    this.#viewerStates.put(state)
  }

  addAuditEntry(entry: AuditEntry): void {
    this.#audit.push(entry)
  }

  /** Changes of one of these states later in the batch must begin with the conversation returned. */
  putReturn(change: ConversationReturn): void {
    this.#returns.push(change)
    for (const state of [...this.#viewerStates.all()])
      if (
        state.conversationId === change.conversationId &&
        state.archivedAt !== null &&
        returnsFor(change, state.userId)
      )
        this.#viewerStates.put({ ...state, archivedAt: null })
  }

  changes() {
    return {
      conversations: this.conversations.changed(),
      messages: this.messages.changed(),
      revisions: this.#revisions.changed(),
      memberships: this.#memberships.changed(),
      users: this.#users.changed(),
      presences: this.#presences.changed(),
      idempotencyKeys: this.#idempotencyKeys.changed(),
      viewerStates: this.#viewerStates.changed(),
      returns: this.#returns,
      audit: this.#audit,
      ...this.reactions.changes(),
      ...this.threads.changes(),
      ...this.mentions.changes(),
    }
  }
}
