import {
  followedBy,
  isInTimeline,
  type Message,
  type MessageId,
  newThreadState,
  type Thread,
  type ThreadState,
  type UserId,
} from '@cpc-messenger/messenger'
import { TrackedRows } from './tracked-rows.ts'

const stateText = (rootId: MessageId, userId: UserId): string => `${rootId} ${userId}`

/** Threads, and what users have to do with them. */
export class ThreadRows {
  readonly #threads = new TrackedRows<Thread>(({ rootId }) => rootId)
  readonly #states = new TrackedRows<ThreadState>(({ rootId, userId }) => stateText(rootId, userId))

  load(threads: readonly Thread[], states: readonly ThreadState[]): void {
    for (const thread of threads) this.#threads.load(thread)
    for (const state of states) this.#states.load(state)
  }

  get(rootId: MessageId): Thread | undefined {
    return this.#threads.get(rootId)
  }

  /** The stored state, or the one of a user who has nothing to do with the thread yet. */
  state(thread: Pick<Thread, 'rootId' | 'conversationId'>, userId: UserId): ThreadState {
    return this.#states.get(stateText(thread.rootId, userId)) ?? newThreadState(thread, userId)
  }

  putState(state: ThreadState): void {
    this.#states.put(state)
  }

  /** A numbered reply: returns it with its ordinal. Its author has read it, and follows unless they have chosen. */
  replied(rootId: MessageId, reply: Message): Message {
    const { conversationId, authorId, sequence, createdAt } = reply
    const before = this.#threads.get(rootId)
    const messageCount = (before?.messageCount ?? 0) + (isInTimeline(reply) ? 0 : 1)
    const thread: Thread = {
      rootId,
      conversationId,
      replyCount: (before?.replyCount ?? 0) + 1,
      messageCount,
      lastReplyAt: Math.max(before?.lastReplyAt ?? createdAt, createdAt),
      lastSequence: sequence,
    }
    this.#threads.put(thread)
    if (authorId !== null) {
      const state = followedBy(this.state(thread, authorId), sequence)
      this.#states.put({
        ...state,
        readSequence: Math.max(state.readSequence, sequence),
        replyCount: state.replyCount + 1,
        firstReplySequence: state.firstReplySequence ?? sequence,
      })
    }
    return isInTimeline(reply) ? reply : { ...reply, ordinal: messageCount }
  }

  /** Users follow because of this reply, unless they have chosen or follow already. */
  follow(thread: Pick<Thread, 'rootId' | 'conversationId'>, userIds: Iterable<UserId>, replySequence: number): void {
    for (const userId of userIds) {
      const state = this.state(thread, userId)
      const followed = followedBy(state, replySequence)
      if (followed !== state) this.#states.put(followed)
    }
  }

  replyDeleted(rootId: MessageId, { authorId }: Message): void {
    const thread = this.#threads.get(rootId)
    if (thread === undefined) throw new TypeError(`the thread under ${rootId} was not loaded by this batch`)
    this.#threads.put({ ...thread, replyCount: thread.replyCount - 1 })
    if (authorId === null) return
    const state = this.state(thread, authorId)
    this.#states.put({ ...state, replyCount: state.replyCount - 1 })
  }

  changes() {
    return { threads: this.#threads.changed(), threadStates: this.#states.changed() }
  }

  /** Users whose state of a thread has changed. */
  get changedStates(): readonly ThreadState[] {
    return this.#states.changed()
  }
}
