import {
  type Conversation,
  type ConversationId,
  type ConversationKind,
  hasUnread,
  type ListedConversation,
  type Membership,
  type Message,
  newViewerState,
  type StoreReader,
  type Unread,
  type ViewerState,
} from '@cpc-messenger/messenger'
import type { Actor } from '../identity/actor.ts'
import type { Page } from './page.ts'
import type { RowLoaders } from './row-loaders.ts'
import { unreadThreads } from './unread-threads.ts'

/** Absent conditions do not filter. */
export interface ConversationFilter {
  readonly kinds?: readonly ConversationKind[] | undefined
  readonly archived?: boolean | undefined
  readonly unread?: boolean | undefined
}

export interface ConversationPlace {
  readonly lastActivityAt: number
  readonly id: ConversationId
}

const byActivity = (one: ListedConversation, other: ListedConversation): number =>
  other.lastActivityAt - one.lastActivityAt || (one.conversationId < other.conversationId ? 1 : -1)

const isAfter = ({ lastActivityAt, conversationId }: ListedConversation, place: ConversationPlace): boolean =>
  lastActivityAt < place.lastActivityAt || (lastActivityAt === place.lastActivityAt && conversationId < place.id)

const matches = (row: ListedConversation, { kinds, archived, unread }: ConversationFilter): boolean =>
  (kinds === undefined || kinds.includes(row.kind)) &&
  (archived === undefined || row.isArchived === archived) &&
  (unread === undefined || hasUnread(row) === unread)

/** The viewer and their membership. */
interface Viewing {
  readonly viewer: Actor
  viewerMembership(conversationId: ConversationId): Promise<Membership | undefined>
}

/** What the viewer keeps of conversations, and what follows from it. */
export class ViewerStateReads {
  readonly #reads: Viewing
  readonly #reader: StoreReader
  readonly #loaders: RowLoaders
  #listed: Promise<readonly ListedConversation[]> | undefined

  constructor(reads: Viewing, reader: StoreReader, loaders: RowLoaders) {
    this.#reads = reads
    this.#reader = reader
    this.#loaders = loaders
  }

  /**
   * The markers of a member as the viewer may see them. Others are shown those that do not move while the member is invisible;
   * mostly these are the same, and then the viewer is not read.
   */
  async markers({ conversationId, userId, joinedSequence }: Membership) {
    const state = await this.#loaders.viewerState.load({ conversationId, userId })
    const shown = {
      readSequence: Math.max(state?.shownReadSequence ?? 0, joinedSequence),
      deliveredSequence: Math.max(state?.shownDeliveredSequence ?? 0, joinedSequence),
    }
    const exact = {
      readSequence: Math.max(state?.readSequence ?? 0, shown.readSequence),
      deliveredSequence: Math.max(state?.deliveredSequence ?? 0, shown.deliveredSequence),
    }
    const isSame = exact.readSequence === shown.readSequence && exact.deliveredSequence === shown.deliveredSequence
    return isSame || userId === this.#reads.viewer.userId ? exact : shown
  }

  /** Undefined if the viewer has not joined. */
  async settings(conversationId: ConversationId): Promise<ViewerState | undefined> {
    const pair = { conversationId, userId: this.#reads.viewer.userId }
    const [membership, state] = await Promise.all([
      this.#reads.viewerMembership(conversationId),
      this.#loaders.viewerState.load(pair),
    ])
    return membership === undefined ? undefined : (state ?? newViewerState(pair))
  }

  /** Undefined if the viewer has not joined. */
  unread({ id: conversationId }: Conversation): Promise<Unread | undefined> {
    return this.#loaders.unread.load({ conversationId, userId: this.#reads.viewer.userId })
  }

  async firstUnread(conversation: Conversation): Promise<Message | undefined> {
    const unread = await this.unread(conversation)
    return unread === undefined || unread.count === 0 ? undefined : this.#loaders.firstUnread.load(unread)
  }

  /** Without archived conversations and muted ones. */
  async unreadConversationCount(): Promise<number> {
    const listed = await this.#list()
    return listed.filter(row => hasUnread(row) && !row.isArchived && !row.isMuted).length
  }

  /** Mentions in the timelines of all conversations, and in all threads that the viewer follows. */
  async unreadMentionCount(): Promise<number> {
    const { userId } = this.#reads.viewer
    const [listed, threads] = await Promise.all([this.#list(), unreadThreads(this.#reader, userId)])
    return [...listed, ...threads].reduce((sum, { mentions }) => sum + mentions, 0)
  }

  /** A page of the viewer's conversations that match, the latest activity first. */
  async conversations(
    filter: ConversationFilter,
    { after, limit }: { readonly after?: ConversationPlace | undefined; readonly limit: number },
  ): Promise<Page<Conversation>> {
    const found = (await this.#list())
      .filter(row => matches(row, filter) && (after === undefined || isAfter(row, after)))
      .toSorted(byActivity)
      .slice(0, limit + 1)
    const rows = await this.#reader.conversations.byIds(found.map(row => row.conversationId))
    const byId = new Map(rows.map(row => [row.id, row]))
    const page = found.flatMap(row => byId.get(row.conversationId) ?? [])
    return { rows: page.slice(0, limit), hasMore: page.length > limit }
  }

  #list(): Promise<readonly ListedConversation[]> {
    this.#listed ??= this.#reader.viewerStates.listed(this.#reads.viewer.userId)
    return this.#listed
  }
}
