import type {
  ConversationId,
  Instant,
  Membership,
  Message,
  MessageId,
  StoreReader,
  Thread,
  ThreadState,
  ThreadUnread,
  User,
  UserId,
} from '@cpc-messenger/messenger'
import type { Actor } from '../identity/actor.ts'
import type { Page, SearchPage } from './page.ts'
import type { RowLoaders } from './row-loaders.ts'
import { type ReadMessages, readTimeline, type TimelineArguments, type TimelinePage } from './timeline.ts'

/** The most pages that are read to fill one page of unread threads. */
const maxReads = 10

export interface ThreadParticipant {
  readonly user: User
  readonly firstReplySequence: number
}

interface FollowedPlace {
  readonly lastReplyAt: Instant
  readonly rootId: MessageId
}

const placeOf = ({ lastReplyAt, rootId }: Thread): FollowedPlace => ({ lastReplyAt, rootId })

/** What else the viewer may read. */
interface OtherReads {
  readonly viewer: Pick<Actor, 'userId'>
  message(id: MessageId): Promise<Message | undefined>
  getUser(id: UserId): User | Promise<User>
  viewerMembership(id: ConversationId): Promise<Membership | undefined>
}

/** A viewer who may see a message may see its thread. What only the viewer may see is read for the viewer alone. */
export class ThreadReads {
  readonly #reads: OtherReads
  readonly #reader: StoreReader
  readonly #loaders: RowLoaders

  constructor(reads: OtherReads, reader: StoreReader, loaders: RowLoaders) {
    this.#reads = reads
    this.#reader = reader
    this.#loaders = loaders
  }

  /** The thread under a message that the viewer may see; undefined if there was never a reply. */
  under({ id, threadRootId }: Message): Thread | undefined | Promise<Thread | undefined> {
    return threadRootId === null ? this.#loaders.thread(id) : undefined
  }

  /** The thread under a message, if the viewer may see it. */
  async byRoot(rootId: MessageId): Promise<Thread | undefined> {
    const root = await this.#reads.message(rootId)
    return root === undefined ? undefined : this.under(root)
  }

  root({ rootId }: Thread): Promise<Message | undefined> {
    return this.#loaders.message.load(rootId)
  }

  /** Undefined if the viewer has nothing to do with the thread, or is not a member of its conversation any more. */
  async state({ rootId, conversationId }: Thread): Promise<ThreadState | undefined> {
    // Both reads are started together, so that they are one batch.
    const membership = this.#reads.viewerMembership(conversationId)
    const state = await this.#loaders.threadState.load({ rootId, userId: this.#reads.viewer.userId })
    return (await membership) === undefined ? undefined : state
  }

  async unread({ rootId, conversationId }: Thread): Promise<Pick<ThreadUnread, 'unread' | 'mentions'>> {
    const { userId } = this.#reads.viewer
    const found = await this.#loaders.threadUnread.load({ rootId, userId })
    const none = { unread: 0, mentions: 0 }
    if (found === undefined) return none
    return (await this.#reads.viewerMembership(conversationId)) === undefined ? none : found
  }

  replies({ rootId }: Thread, page: TimelineArguments): Promise<TimelinePage> {
    const read: ReadMessages = request => this.#reader.threads.replies({ rootId, ...request })
    return readTimeline(read, page)
  }

  async participants({ rootId }: Thread, after: number | undefined, limit: number): Promise<Page<ThreadParticipant>> {
    const rows = await this.#reader.threads.participants({
      rootId,
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    })
    const page = rows.slice(0, limit)
    const participants = page.map(async ({ userId, firstReplySequence }) => ({
      user: await this.#reads.getUser(userId),
      firstReplySequence,
    }))
    return { rows: await Promise.all(participants), hasMore: rows.length > limit }
  }

  /** The threads that the viewer follows, the latest reply first. */
  async followed({
    unreadOnly,
    after,
    limit,
  }: {
    readonly unreadOnly: boolean
    readonly after?: FollowedPlace | undefined
    readonly limit: number
  }): Promise<SearchPage<Thread, FollowedPlace>> {
    const found: Thread[] = []
    let place = after
    for (let reads = 0; reads < maxReads; reads += 1) {
      const page = await this.#followedPage(place, unreadOnly, limit + 1)
      found.push(...(unreadOnly ? await this.#unreadAmong(page.rows) : page.rows))
      if (!page.hasMore && found.length <= limit) return { rows: found, hasMore: false, end: undefined }
      if (found.length > limit) break
      const last = page.rows.at(-1)
      place = last === undefined ? place : placeOf(last)
    }
    const rows = found.slice(0, limit)
    const last = rows.at(-1)
    return { rows, hasMore: true, end: found.length > limit && last !== undefined ? placeOf(last) : place }
  }

  async #followedPage(after: FollowedPlace | undefined, mayBeUnread: boolean, limit: number): Promise<Page<Thread>> {
    const { userId } = this.#reads.viewer
    const request = { userId, mayBeUnread, limit, ...(after === undefined ? {} : { after }) }
    const rows = await this.#reader.threads.followed(request)
    return { rows, hasMore: rows.length === limit }
  }

  async #unreadAmong(threads: readonly Thread[]): Promise<readonly Thread[]> {
    const unread = await Promise.all(threads.map(thread => this.unread(thread)))
    return threads.filter((_, index) => {
      const { unread: replies = 0, mentions = 0 } = unread[index] ?? {}
      return replies > 0 || mentions > 0
    })
  }
}
