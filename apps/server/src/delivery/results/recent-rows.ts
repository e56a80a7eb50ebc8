import {
  type AuditReader,
  type Conversation,
  type ConversationId,
  type ConversationReader,
  type ConversationUser,
  type FirstReactors,
  type InboxReader,
  isActive,
  type LogReader,
  type MemberReader,
  type Membership,
  type MentionReader,
  type Message,
  type MessageId,
  type MessageReader,
  type PresenceReader,
  type ReactionReader,
  type ReactionSummary,
  type StoreReader,
  type ThreadReader,
  type UserId,
  type UserReader,
  type ViewerStateReader,
} from '@cpc-messenger/messenger'
import type { BatchedReads } from '../../services/reads/batched-reads.ts'
import type { RecentUsers } from '../../services/reads/recent-users.ts'
import type { CatchUp } from '../log/catch-up.ts'
import type { ReadReactions } from '../log/reaction-cache.ts'
import type { DeliveredEvent } from '../log/stream-item.ts'
import type { Topic } from '../log/topic.ts'
import { ReadSet } from './read-set.ts'

interface RecentRowsDependencies {
  readonly reads: BatchedReads
  /** For reads that are not batched. */
  readonly reader: StoreReader
  /** The event's topic. */
  readonly topic: Topic | undefined
  /** Without it, users are read from the store each time. */
  readonly users: RecentUsers | undefined
  readonly catchUp: CatchUp
}

/**
 * Reads of a result about one event, beside the event's own row: from memory if possible, and otherwise the current rows of
 * the store. Everything is added to the read set. A read returns only after the topic has received the log up to what was
 * read, because the read set cannot be validated before.
 */
export class RecentRows implements StoreReader {
  readonly readSet: ReadSet
  readonly users: UserReader
  readonly conversations: ConversationReader
  readonly messages: MessageReader
  readonly reactions: ReactionReader
  readonly members: MemberReader
  readonly presences: PresenceReader
  readonly log: LogReader
  readonly inbox: InboxReader
  readonly viewerStates: ViewerStateReader
  readonly threads: ThreadReader
  readonly mentions: MentionReader
  readonly audit: AuditReader
  readonly #dependencies: RecentRowsDependencies
  readonly #delivered: DeliveredEvent

  constructor(delivered: DeliveredEvent, dependencies: RecentRowsDependencies) {
    const { reads, reader, users } = dependencies
    this.readSet = new ReadSet(dependencies.topic, delivered)
    this.#dependencies = dependencies
    this.#delivered = delivered
    this.users = {
      ...reader.users,
      byIds: users === undefined ? reads.users.byIds : ids => users.read(ids, reads.users.byIds),
    }
    this.conversations = { ...reader.conversations, byIds: ids => this.#readConversations(ids) }
    this.messages = {
      ...reader.messages,
      byIds: ids => this.#readMessages(ids),
      timeline: request => this.#shown(reader.messages.timeline(request)),
      lastOf: ids => this.#shown(reads.messages.lastOf(ids)),
      revisions: request => {
        this.readSet.addHistoryOf(request.messageId)
        return this.#bounded(reader.messages.revisions(request))
      },
    }
    this.reactions = {
      summaries: ids => this.#readSummaries(ids),
      firstReactors: ids => this.#readFirstReactors(ids),
      // Not added to the read set: these are the viewer's own reactions.
      byPairs: reads.reactions.byPairs,
      page: request => {
        this.readSet.addMessageIds([request.messageId])
        return this.#bounded(reader.reactions.page(request))
      },
    }
    this.members = {
      byIds: ids => this.#bounded(reads.members.byIds(ids)),
      byPairs: pairs => this.#readViewers(pairs),
      page: request => this.#bounded(reader.members.page(request)),
      search: request => this.#bounded(reader.members.search(request)),
      heroes: (ids, exceptUserId) => this.#bounded(reads.members.heroes(ids, exceptUserId)),
      shared: (userId, otherIds) => this.#bounded(this.#readShared(userId, otherIds)),
    }
    this.log = { ...reader.log, page: request => this.#bounded(reader.log.page(request)) }
    this.inbox = reader.inbox
    this.audit = {
      byIds: ids => this.#bounded(reader.audit.byIds(ids)),
      page: request => this.#bounded(reader.audit.page(request)),
    }
    // Not added to the read set: markers of members, and what is the viewer's own.
    this.viewerStates = {
      ...reader.viewerStates,
      byPairs: reads.viewerStates.byPairs,
      unread: reads.viewerStates.unread,
    }
    // Not added to the read set: presence has no version, and the latest one is valid.
    this.presences = reader.presences
    this.threads = {
      ...reader.threads,
      byRoots: ids => this.#bounded(reads.threads.byRoots(ids)),
      // Not added to the read set: these are the viewer's own.
      states: reads.threads.states,
      unread: reads.threads.unread,
      replies: request => this.#shown(reader.threads.replies(request)),
      participants: request => this.#bounded(reader.threads.participants(request)),
    }
    this.mentions = reader.mentions
  }

  async #readConversations(ids: readonly ConversationId[]): Promise<readonly Conversation[]> {
    const rows = await this.#dependencies.reads.conversations.byIds(ids)
    for (const row of rows) if (row.id === this.#conversationId) this.readSet.addConversation(row)
    await this.#waitForTopic()
    return rows
  }

  async #readMessages(ids: readonly MessageId[]): Promise<readonly Message[]> {
    const { topic, reads } = this.#dependencies
    const known = ids.flatMap(id => topic?.message(id) ?? [])
    this.readSet.addMessages(known)
    const missing = ids.filter(id => topic?.message(id) === undefined)
    if (missing.length === 0) return known
    const start = topic?.beginRead()
    const read = await this.#shown(reads.messages.byIds(missing))
    if (topic !== undefined && start !== undefined && this.#isRemembered(topic))
      for (const message of read) if (message.conversationId === topic.conversationId) topic.keepMessage(message, start)
    return [...known, ...read]
  }

  /** If the membership has ended, its viewer may not see the result at all. */
  async #readViewers(pairs: readonly ConversationUser[]): Promise<readonly Membership[]> {
    const rows = await this.#dependencies.reads.members.byPairs(pairs)
    for (const { conversationId, leftSequence } of rows)
      if (conversationId === this.#conversationId && leftSequence !== null) this.readSet.addReadAt(leftSequence + 1)
    return rows
  }

  /** The viewer is a member of the event's conversation, and so are most users that are shown: that is one read for all viewers. */
  async #readShared(userId: UserId, otherIds: readonly UserId[]): Promise<readonly ConversationUser[]> {
    const { reads, reader } = this.#dependencies
    const pairs = otherIds.map(id => ({ conversationId: this.#conversationId, userId: id }))
    const here = (await reads.members.byPairs(pairs)).filter(isActive)
    const found = new Set(here.map(row => row.userId))
    const others = otherIds.filter(id => !found.has(id))
    return others.length === 0 ? here : [...here, ...(await reader.members.shared(userId, others))]
  }

  #readSummaries(ids: readonly MessageId[]): Promise<readonly ReactionSummary[]> {
    return this.#readReactions(
      ids,
      (topic, id) => topic.reactions(id),
      missing => this.#dependencies.reads.reactions.summaries(missing),
      summaries => ({ summaries }),
    )
  }

  #readFirstReactors(ids: readonly MessageId[]): Promise<readonly FirstReactors[]> {
    return this.#readReactions(
      ids,
      (topic, id) => topic.reactors(id),
      missing => this.#dependencies.reads.reactions.firstReactors(missing),
      reactors => ({ reactors }),
    )
  }

  async #readReactions<Row extends { readonly messageId: MessageId }>(
    ids: readonly MessageId[],
    find: (topic: Topic, id: MessageId) => readonly Row[] | undefined,
    read: (missing: readonly MessageId[]) => Promise<readonly Row[]>,
    keeping: (rows: readonly Row[]) => ReadReactions,
  ): Promise<readonly Row[]> {
    const { topic } = this.#dependencies
    const cached = (id: MessageId): readonly Row[] | undefined => topic && find(topic, id)
    const here = ids.flatMap(id => topic?.message(id) ?? [])
    this.readSet.addMessages(here)
    this.readSet.addMessageIds(ids)
    const known = ids.flatMap(id => cached(id) ?? [])
    const missing = ids.filter(id => cached(id) === undefined)
    if (missing.length === 0) return known
    const start = topic?.beginRead()
    const rows = await this.#bounded(read(missing))
    if (start !== undefined)
      for (const message of here)
        if (missing.includes(message.id))
          topic?.keepReactions(message, keeping(rows.filter(({ messageId }) => messageId === message.id)), start)
    return [...known, ...rows]
  }

  /** Adds messages to the read set. Each has its own version. */
  async #shown(reading: Promise<readonly Message[]>): Promise<readonly Message[]> {
    const rows = await reading
    this.readSet.addMessages(rows.filter(({ conversationId }) => conversationId === this.#conversationId))
    await this.#waitForTopic()
    return rows
  }

  /** Adds rows without a version to the read set. They are not newer than the head that is read after them. */
  async #bounded<Rows>(reading: Promise<Rows>): Promise<Rows> {
    const rows = await reading
    this.readSet.addReadAt(await this.#dependencies.reads.head(this.#conversationId))
    await this.#waitForTopic()
    return rows
  }

  async #waitForTopic(): Promise<void> {
    const { topic, catchUp } = this.#dependencies
    const { newest } = this.readSet
    if (topic !== undefined && !topic.closed && newest > topic.head) await catchUp.ensureCaughtUpTo(topic, newest)
  }

  /** Whether to cache rows that were read: not for replays of events that are no longer in memory. */
  #isRemembered({ bufferedAfter }: Topic): boolean {
    return this.#delivered.event.sequence > bufferedAfter
  }

  get #conversationId(): ConversationId {
    return this.#delivered.event.conversationId
  }
}
