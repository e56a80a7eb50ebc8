import {
  badInput,
  type Conversation,
  type ConversationId,
  type EventRows,
  type FirstReactors,
  forbidden,
  type InboxMark,
  isActive,
  type LogEvent,
  type Membership,
  type MembershipId,
  type Message,
  type MessageId,
  type MessageRevision,
  maySee,
  notFound,
  type Presence,
  type Reaction,
  type ReactionSummary,
  requireMayReadHistory,
  requireText,
  resync,
  type StoreReader,
  type User,
  type UserId,
  type UserPlace,
} from '@cpc-messenger/messenger'
import type DataLoader from 'dataloader'
import type { Actor } from '../identity/actor.ts'
import { readEvents } from './event-pages.ts'
import { type Page, pageOf, type SearchPage } from './page.ts'
import { type PresenceReads, presenceLoader } from './presence-loader.ts'
import { readRevisions } from './revisions.ts'
import { RowLoaders } from './row-loaders.ts'
import { ThreadReads } from './thread-reads.ts'
import { type ReadMessages, readTimeline, type TimelineArguments, type TimelinePage } from './timeline.ts'
import { type ConversationFilter, type ConversationPlace, ViewerStateReads } from './viewer-state-reads.ts'

export interface EventPage {
  readonly events: readonly LogEvent[]
  readonly rows: EventRows
  readonly hasMore: boolean
}

const requireSearch = (search: string | undefined): void => {
  if (search !== undefined) requireText(search, { field: 'search', min: 0, max: 100 })
}

/**
 * What one viewer may read: every check of read permissions is here. Single rows are loaded in batches, and cached for the
 * lifetime of this object. Callers have checked that limits are at least 1.
 */
export class ViewerReads {
  readonly #viewer: Actor | (() => Actor)
  readonly #reader: StoreReader
  readonly #loaders: RowLoaders
  /** Threads of messages that the viewer may see, and what the viewer has to do with them. */
  readonly threads: ThreadReads
  readonly #presence: DataLoader<UserId, Presence> | undefined
  /** What the viewer keeps of conversations: markers, settings, what is unread. */
  readonly states: ViewerStateReads

  /**
   * `loaders` may be shared by the reads of several viewers over the same reader. If `viewer` is a function, it is called
   * whenever a result depends on the viewer; it may throw.
   */
  constructor(
    viewer: Actor | (() => Actor),
    reader: StoreReader,
    loaders = new RowLoaders(reader),
    presences?: PresenceReads,
  ) {
    this.#viewer = viewer
    this.#reader = reader
    this.#loaders = loaders
    this.threads = new ThreadReads(this, reader, loaders)
    this.#presence = presences && presenceLoader(() => this.viewer.userId, reader, presences)
    this.states = new ViewerStateReads(this, reader, loaders)
  }

  get viewer(): Actor {
    return typeof this.#viewer === 'function' ? this.#viewer() : this.#viewer
  }

  user(id: UserId): Promise<User | undefined> {
    return this.#loaders.user.load(id)
  }

  /** A user whom a row refers to. Users are never deleted from the table. */
  getUser(id: UserId): User | Promise<User> {
    return this.#loaders.storedUser(id)
  }

  /** What the viewer may see of the user's presence; null where it is not known. */
  presence(id: UserId): Promise<Presence> | null {
    return this.#presence?.load(id) ?? null
  }

  async conversation(id: ConversationId): Promise<Conversation | undefined> {
    // Both reads are started together, so that they are one batch.
    const row = this.#loaders.conversation(id)
    const membership = await this.viewerMembershipRow(id)
    const conversation = await row
    return conversation !== undefined && maySee(conversation, membership) ? conversation : undefined
  }

  async requireConversation(id: ConversationId): Promise<Conversation> {
    const conversation = await this.conversation(id)
    if (conversation === undefined) throw notFound('conversation')
    return conversation
  }

  async conversationByKey(key: string): Promise<Conversation | undefined> {
    requireText(key, { field: 'key', min: 1, max: 128 })
    const conversation = await this.#reader.conversations.byKey(key)
    return conversation === undefined ? undefined : this.conversation(conversation.id)
  }

  async message(id: MessageId): Promise<Message | undefined> {
    const message = await this.#loaders.message.load(id)
    if (message === undefined) return undefined
    return (await this.conversation(message.conversationId)) === undefined ? undefined : message
  }

  /** A message that may have a thread. */
  async requireRoot(id: MessageId): Promise<Message> {
    const message = await this.message(id)
    if (message === undefined) throw notFound('message')
    if (message.threadRootId !== null)
      throw badInput('rootMessageId', 'This message is a reply in a thread. Use the id of the root of its thread.')
    return message
  }

  async membership(id: MembershipId): Promise<Membership | undefined> {
    const membership = await this.#loaders.membership.load(id)
    if (membership === undefined || !isActive(membership)) return undefined
    return (await this.conversation(membership.conversationId)) === undefined ? undefined : membership
  }

  /** The message that a message quotes. A viewer who may see a message may see every message of its conversation. */
  async quoted({ replyToId, conversationId }: Message): Promise<Message | undefined> {
    if (replyToId === null) return undefined
    const message = await this.#loaders.message.load(replyToId)
    return message === undefined || message.conversationId === conversationId ? message : this.message(replyToId)
  }

  /** The root of the thread in which a message is a reply. It is in the same conversation. */
  rootOf({ threadRootId }: Message): Promise<Message | undefined> | undefined {
    return threadRootId === null ? undefined : this.#loaders.message.load(threadRootId)
  }

  /** The viewer's own active membership. */
  async viewerMembership(conversationId: ConversationId): Promise<Membership | undefined> {
    const membership = await this.viewerMembershipRow(conversationId)
    return membership !== undefined && isActive(membership) ? membership : undefined
  }

  /** A membership that a signal of its conversation refers to, which only members are sent. It may have ended since. */
  async getMember(conversationId: ConversationId, userId: UserId): Promise<Membership> {
    const membership = await this.#loaders.membershipOf.load({ conversationId, userId })
    if (membership === undefined) throw new TypeError('a signal refers to a membership that is not stored')
    return membership
  }

  private viewerMembershipRow(conversationId: ConversationId): Promise<Membership | undefined> {
    return this.#loaders.membershipOf.load({ conversationId, userId: this.viewer.userId })
  }

  async timeline(conversation: Conversation, page: TimelineArguments): Promise<TimelinePage> {
    const centre = page.aroundMessage === undefined ? undefined : await this.message(page.aroundMessage)
    if (page.aroundMessage !== undefined && centre?.conversationId !== conversation.id) throw notFound('message')
    const read: ReadMessages = request =>
      this.#reader.messages.timeline({ conversationId: conversation.id, ...request })
    return readTimeline(read, page, centre?.sequence)
  }

  lastMessage(conversationId: ConversationId): Promise<Message | undefined> {
    return this.#loaders.lastMessage.load(conversationId)
  }

  /** A page of the versions of a message, the current one last. */
  async revisions(id: MessageId, after: number | undefined, limit: number): Promise<Page<MessageRevision>> {
    // The message is read again: an answer to a command shows it as it was committed, and it may be deleted since.
    const message = await this.#loaders.message.load(id)
    if (message === undefined) throw notFound('message')
    const membership = await this.requireMember(message.conversationId)
    const conversation = await this.requireConversation(message.conversationId)
    requireMayReadHistory(message, conversation, membership)
    return pageOf(await readRevisions(this.#reader, message, conversation.historyGeneration, { after, limit }), limit)
  }

  /** In the order in which their emoji were first used. */
  reactions({ id, deletedAt }: Message): readonly ReactionSummary[] | Promise<readonly ReactionSummary[]> {
    return deletedAt === null ? this.#loaders.reactions(id) : []
  }

  /** The first ten users who reacted with the emoji, in that order. */
  async firstReactors(messageId: MessageId, emoji: string): Promise<readonly User[]> {
    const reactors = await this.#loaders.firstReactors(messageId)
    return Promise.all(reactors.find(row => row.emoji === emoji)?.userIds.map(id => this.getUser(id)) ?? [])
  }

  /** If all users who reacted are already loaded, nothing is read for this viewer. */
  viewerReacted(summary: ReactionSummary): boolean | Promise<boolean> {
    if (!this.#loaders.usesFirstReactors) return this.#readWhetherReacted(summary)
    const reactors = this.#loaders.firstReactors(summary.messageId)
    return reactors instanceof Promise
      ? reactors.then(known => this.#isAmong(known, summary))
      : this.#isAmong(reactors, summary)
  }

  #isAmong(reactors: readonly FirstReactors[], summary: ReactionSummary): boolean | Promise<boolean> {
    const userIds = reactors.find(({ emoji }) => emoji === summary.emoji)?.userIds ?? []
    if (userIds.includes(this.viewer.userId)) return true
    return userIds.length < summary.count ? this.#readWhetherReacted(summary) : false
  }

  async #readWhetherReacted({ messageId, emoji }: ReactionSummary): Promise<boolean> {
    const emojis = await this.#loaders.reactionsOf.load({ messageId, userId: this.viewer.userId })
    return emojis.has(emoji)
  }

  async reactors(
    messageId: MessageId,
    emoji: string | undefined,
    after: number | undefined,
    limit: number,
  ): Promise<Page<Reaction>> {
    const rows = await this.#reader.reactions.page({
      messageId,
      limit: limit + 1,
      ...(emoji === undefined ? {} : { emoji }),
      ...(after === undefined ? {} : { after }),
    })
    return pageOf(rows, limit)
  }

  async members(
    conversationId: ConversationId,
    { after, search, limit }: { after?: number | undefined; search?: string | undefined; limit: number },
  ): Promise<SearchPage<Membership, number>> {
    requireSearch(search)
    const from = after === undefined ? {} : { after }
    if (search === undefined || search === '') {
      const page = pageOf(await this.#reader.members.page({ conversationId, limit: limit + 1, ...from }), limit)
      return { ...page, end: page.rows.at(-1)?.joinedSequence }
    }
    const found = await this.#reader.members.search({ conversationId, search, limit, ...from })
    const end = found.after ?? found.memberships.at(-1)?.joinedSequence
    return { rows: found.memberships, hasMore: found.after !== undefined, end }
  }

  /** Messages that mention the viewer, newest first. */
  async mentions(before: MessageId | undefined, limit: number): Promise<SearchPage<Message, MessageId>> {
    const { userId } = this.viewer
    const page = await this.#reader.mentions.ofUser({ userId, limit, ...(before === undefined ? {} : { before }) })
    const messages = await Promise.all(page.messageIds.map(id => this.message(id)))
    const rows = messages.filter(message => message !== undefined)
    return { rows, hasMore: page.before !== undefined, end: page.before }
  }

  /** Up to five other members, the earliest first. */
  async heroes(conversationId: ConversationId): Promise<readonly User[]> {
    const ids = await this.#loaders.heroes.load({ conversationId, userId: this.viewer.userId })
    return Promise.all(ids.map(id => this.getUser(id)))
  }

  async conversations(
    filter: ConversationFilter,
    page: { readonly after?: ConversationPlace | undefined; readonly limit: number },
  ): Promise<Page<Conversation>> {
    const { kinds, archived, unread } = filter
    if (unread !== undefined || archived === true) return this.states.conversations(filter, page)
    const rows = await this.#reader.conversations.ofUser({
      userId: this.viewer.userId,
      limit: page.limit + 1,
      withoutArchived: archived === false,
      ...(kinds === undefined ? {} : { kinds }),
      ...(page.after === undefined ? {} : { after: page.after }),
    })
    return pageOf(rows, page.limit)
  }

  async channels(request: {
    readonly search?: string | undefined
    readonly after?: { readonly name: string; readonly id: ConversationId } | undefined
    readonly limit: number
  }): Promise<Page<Conversation>> {
    requireSearch(request.search)
    const rows = await this.#reader.conversations.channels({
      limit: request.limit + 1,
      ...(request.search === undefined ? {} : { search: request.search }),
      ...(request.after === undefined ? {} : { after: request.after }),
    })
    return pageOf(rows, request.limit)
  }

  async searchUsers(request: {
    readonly search: string
    readonly after?: UserPlace | undefined
    readonly limit: number
  }): Promise<SearchPage<User, UserPlace>> {
    const { users, after } = await this.#reader.users.search({
      search: request.search,
      limit: request.limit,
      ...(request.after === undefined ? {} : { after: request.after }),
    })
    return { rows: users, hasMore: after !== undefined, end: after ?? users.at(-1) }
  }

  /** A page of a log, for viewers who may read the conversation. Refuses a position ahead of the log. */
  async events(conversationId: ConversationId, after: number, limit: number): Promise<EventPage> {
    if (after < 0) throw badInput('after', 'after must be 0 or a sequence.')
    const conversation = await this.requireConversation(conversationId)
    const page = await readEvents(this.#reader, { conversationId, after, limit })
    if (after > Math.max(conversation.lastSequence, page.head))
      throw resync('after is ahead of the log. Load the conversation again.')
    const last = page.events.at(-1)?.sequence ?? after
    return { ...page, hasMore: last < page.head }
  }

  /** The mark of all of the viewer's logs in this snapshot. */
  inboxMark(): Promise<InboxMark> {
    return this.#reader.inbox.markOf(this.viewer.userId)
  }

  /** The viewer's membership, for what only members may do. */
  async requireMember(conversationId: ConversationId): Promise<Membership> {
    await this.requireConversation(conversationId)
    const membership = await this.viewerMembership(conversationId)
    if (membership === undefined) throw forbidden('Join this conversation first: only its members may do this.')
    return membership
  }
}
