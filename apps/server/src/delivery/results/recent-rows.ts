import type {
  ConversationId,
  FirstReactors,
  Membership,
  MembershipId,
  Message,
  MessageId,
  ReactionSummary,
  StoreReader,
  UserId,
} from '@cpc-messenger/messenger'
import type { BatchedReads } from '../../services/reads/batched-reads.ts'
import type { RecentUsers } from '../../services/reads/recent-users.ts'
import type { ReadReactions } from '../log/reaction-cache.ts'
import type { Topic } from '../log/topic.ts'
import type { DeliveredEvent } from '../streams/stream-item.ts'
import { ReadSet } from './read-set.ts'

type Request<Read extends keyof StoreReader> = Parameters<StoreReader[Read]>[0]

export interface RecentRowsDependencies {
  readonly reads: BatchedReads
  /** For what is not read as a set. */
  readonly reader: StoreReader
  /** Of the event. */
  readonly topic: Topic | undefined
  /** Without it, users are read each time. */
  readonly users: RecentUsers | undefined
  /** Resolves once the topic has heard as far as this head, or has been told that it is there. */
  readonly ensureCaughtUpTo: (topic: Topic, head: number) => Promise<unknown>
}

/**
 * What answers about one event read beside its own row: from memory where it is there, and from the newest state of the
 * store where it is not. All of it is noted in the read set, and nothing is returned before the topic has heard as far as
 * what was read: only then can the read set be validated.
 */
export class RecentRows implements StoreReader {
  readonly readSet: ReadSet
  readonly #dependencies: RecentRowsDependencies
  readonly #delivered: DeliveredEvent

  constructor(delivered: DeliveredEvent, dependencies: RecentRowsDependencies) {
    this.readSet = new ReadSet(dependencies.topic, delivered)
    this.#dependencies = dependencies
    this.#delivered = delivered
  }

  users(ids: readonly UserId[]) {
    const { users, reads } = this.#dependencies
    return users === undefined ? reads.users(ids) : users.read(ids, reads.users)
  }

  async conversations(ids: readonly ConversationId[]) {
    const rows = await this.#dependencies.reads.conversations(ids)
    for (const row of rows) if (row.id === this.#conversationId) this.readSet.addConversation(row)
    await this.#waitForTopic()
    return rows
  }

  async messages(ids: readonly MessageId[]): Promise<readonly Message[]> {
    const { topic, reads } = this.#dependencies
    const known = ids.flatMap(id => topic?.message(id) ?? [])
    this.readSet.addMessages(known)
    const missing = ids.filter(id => topic?.message(id) === undefined)
    if (missing.length === 0) return known
    const start = topic?.beginRead()
    const read = await this.#shown(reads.messages(missing))
    if (topic !== undefined && start !== undefined && this.#isRemembered(topic))
      for (const message of read) if (message.conversationId === topic.conversationId) topic.keepMessage(message, start)
    return [...known, ...read]
  }

  memberships(ids: readonly MembershipId[]) {
    return this.#bounded(this.#dependencies.reads.memberships(ids))
  }

  /** Of viewers: one that ended says that the viewer may not have the answer, whatever else is in it. */
  async membershipsOf(pairs: Request<'membershipsOf'>): Promise<readonly Membership[]> {
    const rows = await this.#dependencies.reads.membershipsOf(pairs)
    for (const { conversationId, leftSequence } of rows)
      if (conversationId === this.#conversationId && leftSequence !== null) this.readSet.addReadAt(leftSequence + 1)
    return rows
  }

  timeline(request: Request<'timeline'>) {
    return this.#shown(this.#dependencies.reader.timeline(request))
  }

  lastMessages(ids: readonly ConversationId[]) {
    return this.#shown(this.#dependencies.reads.lastMessages(ids))
  }

  reactionSummaries(ids: readonly MessageId[]): Promise<readonly ReactionSummary[]> {
    return this.#reactions(
      ids,
      (topic, id) => topic.reactions(id),
      missing => this.#dependencies.reads.reactionSummaries(missing),
      summaries => ({ summaries }),
    )
  }

  firstReactors(ids: readonly MessageId[]): Promise<readonly FirstReactors[]> {
    return this.#reactions(
      ids,
      (topic, id) => topic.reactors(id),
      missing => this.#dependencies.reads.firstReactors(missing),
      reactors => ({ reactors }),
    )
  }

  /** Of viewers, who know what they did. */
  reactionsOf(pairs: Request<'reactionsOf'>) {
    return this.#dependencies.reads.reactionsOf(pairs)
  }

  reactors(request: Request<'reactors'>) {
    this.readSet.addMessageIds([request.messageId])
    return this.#bounded(this.#dependencies.reader.reactors(request))
  }

  members(request: Request<'members'>) {
    return this.#bounded(this.#dependencies.reader.members(request))
  }

  searchMembers(request: Request<'searchMembers'>) {
    return this.#bounded(this.#dependencies.reader.searchMembers(request))
  }

  heroes(ids: readonly ConversationId[], exceptUserId: UserId) {
    return this.#bounded(this.#dependencies.reads.heroes(ids, exceptUserId))
  }

  logPage(request: Request<'logPage'>) {
    return this.#bounded(this.#dependencies.reader.logPage(request))
  }

  conversationByKey(key: string) {
    return this.#dependencies.reader.conversationByKey(key)
  }

  conversationsOf(request: Request<'conversationsOf'>) {
    return this.#dependencies.reader.conversationsOf(request)
  }

  channels(request: Request<'channels'>) {
    return this.#dependencies.reader.channels(request)
  }

  searchUsers(request: Request<'searchUsers'>) {
    return this.#dependencies.reader.searchUsers(request)
  }

  logMemberships(pairs: Request<'logMemberships'>) {
    return this.#dependencies.reader.logMemberships(pairs)
  }

  heads(ids: readonly ConversationId[]) {
    return this.#dependencies.reader.heads(ids)
  }

  mark() {
    return this.#dependencies.reader.mark()
  }

  inboxMark(userId: UserId) {
    return this.#dependencies.reader.inboxMark(userId)
  }

  inboxes(userIds: readonly UserId[]) {
    return this.#dependencies.reader.inboxes(userIds)
  }

  inboxesSince(places: Request<'inboxesSince'>) {
    return this.#dependencies.reader.inboxesSince(places)
  }

  async #reactions<Row extends { readonly messageId: MessageId }>(
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

  /** Messages tell themselves how new they are. */
  async #shown(reading: Promise<readonly Message[]>): Promise<readonly Message[]> {
    const rows = await reading
    this.readSet.addMessages(rows.filter(({ conversationId }) => conversationId === this.#conversationId))
    await this.#waitForTopic()
    return rows
  }

  /** Rows that do not tell how new they are: no newer than the head that is read after them. */
  async #bounded<Rows>(reading: Promise<Rows>): Promise<Rows> {
    const rows = await reading
    this.readSet.addReadAt(await this.#dependencies.reads.head(this.#conversationId))
    await this.#waitForTopic()
    return rows
  }

  async #waitForTopic(): Promise<void> {
    const { topic, ensureCaughtUpTo } = this.#dependencies
    const { newest } = this.readSet
    if (topic !== undefined && !topic.closed && newest > topic.head) await ensureCaughtUpTo(topic, newest)
  }

  /** What a replay from long ago needs is not kept. */
  #isRemembered({ bufferedAfter }: Topic): boolean {
    return this.#delivered.event.sequence > bufferedAfter
  }

  get #conversationId(): ConversationId {
    return this.#delivered.event.conversationId
  }
}
