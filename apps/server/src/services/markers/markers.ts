import {
  badInput,
  type Changes,
  type ConversationId,
  type ConversationUser,
  hasUnread,
  isCountable,
  isInTimeline,
  type ListedConversation,
  laterMarkers,
  type MarkerMove,
  type MessageStore,
  type Thread,
  type ThreadUnread,
  type UserId,
} from '@cpc-messenger/messenger'
import type { CommitListener } from '../commit/committer.ts'
import { inSlices } from '../concurrency/in-slices.ts'
import type { Actor } from '../identity/actor.ts'
import { unreadThreads } from '../reads/unread-threads.ts'
import type { ThreadSignals } from '../signals/thread-signals.ts'
import { MarkerPlaces, type MemberPlace } from './marker-places.ts'
import { type MarkerSignals, maxMembersOfMarkers } from './marker-signals.ts'

/** The conversations that are marked read at once. */
const conversationsAtOnce = 250

interface MarkersDependencies {
  readonly store: Pick<MessageStore, 'latest' | 'markers'>
  readonly signals: MarkerSignals
  /** Is called for each thread whose marker has moved. */
  readonly threadSignals?: Pick<ThreadSignals, 'changed'>
  /** What others are shown does not move while a user is invisible. */
  readonly isInvisible?: (userId: UserId) => boolean | Promise<boolean>
}

export interface MarkTo {
  readonly conversationId: ConversationId
  readonly sequence: number
}

interface Reach {
  readonly read: number
  readonly delivered: number
}

const moveOf = (of: ConversationUser, { read, delivered }: Reach, isInvisible: boolean): MarkerMove => ({
  conversationId: of.conversationId,
  userId: of.userId,
  readSequence: read,
  deliveredSequence: delivered,
  shownReadSequence: isInvisible ? 0 : read,
  shownDeliveredSequence: isInvisible ? 0 : delivered,
})

const requireInLog = (sequence: number, lastSequence: number): void => {
  if (sequence < 0 || sequence > lastSequence)
    throw badInput('sequence', `sequence must be from 0 to ${lastSequence}, the newest event of the conversation.`)
}

/**
 * How far users have read and received conversations. Markers move in memory, without the lock of a conversation, and are
 * written later (`MarkerWriter`).
 */
export class Markers implements CommitListener {
  readonly #dependencies: MarkersDependencies
  readonly #places: MarkerPlaces

  constructor(dependencies: MarkersDependencies) {
    this.#dependencies = dependencies
    this.#places = new MarkerPlaces(dependencies.store.latest.viewerStates)
  }

  /** Also delivers, and ends what the user has marked unread there: that is durable when it resolves. */
  async markRead({ conversationId, sequence }: MarkTo, { userId }: Actor): Promise<void> {
    const { store, signals } = this.#dependencies
    const place = await this.#require({ conversationId, userId }, sequence)
    const move = moveOf(place.state, { read: sequence, delivered: sequence }, await this.#isInvisible(userId))
    if (place.state.markedUnreadFrom === null) store.markers.move([move])
    else await store.markers.read([move])
    this.#publish(place, move)
    if (place.state.markedUnreadFrom !== null) signals.ownChanged(place.state)
  }

  async markDelivered({ conversationId, sequence }: MarkTo, { userId }: Actor): Promise<void> {
    const place = await this.#require({ conversationId, userId }, sequence)
    const move = moveOf(place.state, { read: 0, delivered: sequence }, await this.#isInvisible(userId))
    this.#dependencies.store.markers.move([move])
    this.#publish(place, move)
  }

  /**
   * Reads all conversations, and the threads that the user follows, also those that only mentions make unread. Returns the
   * number of conversations in which something was unread. It is durable when it resolves.
   */
  async markAllRead({ userId }: Actor): Promise<number> {
    const { latest } = this.#dependencies.store
    const isInvisible = await this.#isInvisible(userId)
    const listed = await latest.viewerStates.listed(userId)
    await this.#readThreads(await unreadThreads(latest, userId), listed)
    const changed = listed.filter(row => hasUnread(row) || row.isMarkedUnread)
    for (let start = 0; start < changed.length; start += conversationsAtOnce)
      await this.#readConversations(changed.slice(start, start + conversationsAtOnce), isInvisible)
    return listed.filter(hasUnread).length
  }

  /** Settings changed, archived conversations returned, and users have read what they sent. */
  committed(changes: Changes, returned: readonly ConversationUser[]): void {
    const { signals } = this.#dependencies
    for (const pair of returned) signals.ownChanged(pair)
    for (const state of changes.viewerStates) signals.ownChanged(state)
    for (const [sent, memberCount] of sentMoves(changes)) this.#sent(sent, memberCount)
  }

  async #require(pair: ConversationUser, sequence: number): Promise<MemberPlace> {
    const place = await this.#places.require(pair)
    requireInLog(sequence, place.lastSequence)
    return place
  }

  async #readConversations(listed: readonly ListedConversation[], isInvisible: boolean): Promise<void> {
    const { store, signals } = this.#dependencies
    const moves = listed.map(row => {
      const { lastSequence, memberCount } = row
      return { memberCount, move: moveOf(row, { read: lastSequence, delivered: lastSequence }, isInvisible) }
    })
    await store.markers.read(moves.map(({ move }) => move))
    await inSlices(moves, ({ memberCount, move }) => {
      this.#publishShown(move, memberCount)
      signals.ownMoved(move, move)
    })
  }

  async #readThreads(
    threads: readonly (Thread & ThreadUnread)[],
    listed: readonly ListedConversation[],
  ): Promise<void> {
    const { store, threadSignals } = this.#dependencies
    const heads = new Map(listed.map(row => [row.conversationId, row.lastSequence]))
    await store.markers.readThreads(
      threads.map(({ rootId, userId, conversationId, lastSequence }) => ({
        rootId,
        userId,
        readSequence: heads.get(conversationId) ?? lastSequence,
      })),
    )
    await inSlices(threads, thread => threadSignals?.changed(thread))
  }

  #isInvisible(userId: UserId): boolean | Promise<boolean> {
    return this.#dependencies.isInvisible?.(userId) ?? false
  }

  /** The sender's own devices see the marker at once; others do once it is known that the sender is not invisible. */
  #sent(sent: ConversationUser & Reach, memberCount: number): void {
    const isInvisible = this.#isInvisible(sent.userId)
    const move = (hides: boolean): void => this.#moveSent(moveOf(sent, sent, hides), memberCount)
    move(isInvisible !== false)
    if (typeof isInvisible === 'boolean') return
    isInvisible.then(
      hides => (hides ? undefined : move(false)),
      () => undefined,
    )
  }

  /** A marker for which there is no room moves with the user's next message. */
  #moveSent(move: MarkerMove, memberCount: number): void {
    const { store, signals } = this.#dependencies
    try {
      store.markers.move([move])
    } catch {
      return
    }
    this.#publishShown(move, memberCount)
    signals.ownMoved(move, move)
  }

  #publish({ state, joinedSequence, memberCount }: MemberPlace, move: MarkerMove): void {
    const before = laterMarkers(state, moveOf(state, { read: joinedSequence, delivered: joinedSequence }, false))
    const after = laterMarkers(before, move)
    const isOwnMoved = after.readSequence > before.readSequence || after.deliveredSequence > before.deliveredSequence
    const isShownMoved =
      after.shownReadSequence > before.shownReadSequence || after.shownDeliveredSequence > before.shownDeliveredSequence
    if (isShownMoved) this.#publishShown({ ...move, ...after }, memberCount)
    if (isOwnMoved) this.#dependencies.signals.ownMoved(move, after)
  }

  #publishShown(move: MarkerMove, memberCount: number): void {
    if (memberCount <= maxMembersOfMarkers && move.shownDeliveredSequence > 0)
      this.#dependencies.signals.shownMoved(move, move)
  }
}

/** The newest message of each author in each timeline, and the number of members there. */
const sentMoves = ({
  events,
  messages,
  conversations,
}: Changes): Iterable<readonly [ConversationUser & Reach, number]> => {
  const moves = new Map<string, readonly [ConversationUser & Reach, number]>()
  if (!events.some(event => event.type === 'MessageCreated')) return moves.values()
  const created = new Set(events.flatMap(event => (event.type === 'MessageCreated' ? [event.messageId] : [])))
  const memberCounts = new Map(conversations.map(({ id, memberCount }) => [id, memberCount]))
  for (const message of messages) {
    const { id, conversationId, authorId: userId, sequence } = message
    if (userId === null || !created.has(id) || !isInTimeline(message) || !isCountable(message)) continue
    const key = `${conversationId} ${userId}`
    if ((moves.get(key)?.[0].read ?? 0) > sequence) continue
    moves.set(key, [
      { conversationId, userId, read: sequence, delivered: sequence },
      memberCounts.get(conversationId) ?? Number.POSITIVE_INFINITY,
    ])
  }
  return moves.values()
}
