import type { ConversationId, MembershipId, MessageId, StoreReader, UserId } from '@cpc-messenger/messenger'
import type { StoreReads } from '../reads/store-reads.ts'
import type { ReadSession, SnapshotSession } from '../statements/engine.ts'

type Request<Read extends keyof StoreReader> = Parameters<StoreReader[Read]>[0]

export class SqlStoreReader implements StoreReader {
  readonly #reads: StoreReads
  readonly #session: ReadSession

  constructor(reads: StoreReads, session: ReadSession) {
    this.#reads = reads
    this.#session = session
  }

  users(ids: readonly UserId[]) {
    return this.#reads.users(this.#session, ids)
  }

  conversations(ids: readonly ConversationId[]) {
    return this.#reads.conversations(this.#session, ids)
  }

  conversationByKey(key: string) {
    return this.#reads.conversationByKey(this.#session, key)
  }

  messages(ids: readonly MessageId[]) {
    return this.#reads.messages(this.#session, ids)
  }

  memberships(ids: readonly MembershipId[]) {
    return this.#reads.memberships(this.#session, ids)
  }

  membershipsOf(pairs: Request<'membershipsOf'>) {
    return this.#reads.membershipsOf(this.#session, pairs)
  }

  timeline(request: Request<'timeline'>) {
    return this.#reads.timeline(this.#session, request)
  }

  lastMessages(ids: readonly ConversationId[]) {
    return this.#reads.lastMessages(this.#session, ids)
  }

  reactionSummaries(ids: readonly MessageId[]) {
    return this.#reads.reactionSummaries(this.#session, ids)
  }

  firstReactors(ids: readonly MessageId[]) {
    return this.#reads.firstReactors(this.#session, ids)
  }

  reactionsOf(pairs: Request<'reactionsOf'>) {
    return this.#reads.reactionsOf(this.#session, pairs)
  }

  reactors(request: Request<'reactors'>) {
    return this.#reads.reactors(this.#session, request)
  }

  members(request: Request<'members'>) {
    return this.#reads.members(this.#session, request)
  }

  searchMembers(request: Request<'searchMembers'>) {
    return this.#reads.searchMembers(this.#session, request)
  }

  heroes(ids: readonly ConversationId[], exceptUserId: UserId) {
    return this.#reads.heroes(this.#session, ids, exceptUserId)
  }

  conversationsOf(request: Request<'conversationsOf'>) {
    return this.#reads.conversationsOf(this.#session, request)
  }

  channels(request: Request<'channels'>) {
    return this.#reads.channels(this.#session, request)
  }

  searchUsers(request: Request<'searchUsers'>) {
    return this.#reads.searchUsers(this.#session, request)
  }

  logPage(request: Request<'logPage'>) {
    return this.#reads.logPage(this.#session, request)
  }

  logMemberships(pairs: Request<'logMemberships'>) {
    return this.#reads.logMemberships(this.#session, pairs)
  }

  heads(ids: readonly ConversationId[]) {
    return this.#reads.heads(this.#session, ids)
  }

  mark() {
    return this.#reads.mark(this.#session)
  }

  inboxMark(userId: UserId) {
    return this.#reads.inboxMark(this.#session, userId)
  }

  inboxes(userIds: readonly UserId[]) {
    return this.#reads.inboxes(this.#session, userIds)
  }

  inboxesSince(places: Request<'inboxesSince'>) {
    return this.#reads.inboxesSince(this.#session, places)
  }
}

export class SqlSnapshot extends SqlStoreReader implements AsyncDisposable {
  readonly #snapshot: SnapshotSession

  constructor(reads: StoreReads, snapshot: SnapshotSession) {
    super(reads, snapshot)
    this.#snapshot = snapshot
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#snapshot[Symbol.asyncDispose]()
  }
}
