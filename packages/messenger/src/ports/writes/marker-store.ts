import type { ThreadState } from '../../thread.ts'
import type { Markers } from '../../viewer-state.ts'
import type { ConversationUser } from '../reads/member-reader.ts'

/** The markers of one user in one conversation. Those that do not move are 0 or have an earlier value. */
export type MarkerMove = ConversationUser & Markers

/** The marker of one user in one thread. */
export type ThreadMove = Pick<ThreadState, 'rootId' | 'userId' | 'readSequence'>

/**
 * Read and delivered markers. They are moved in memory and written later, many at once. In any order of moves and
 * writes, also of several nodes, the greatest value of each marker is valid.
 *
 * Promises:
 * - Every read of this store shows a marker as soon as `move` or `learn` has returned.
 * - A marker is never written beyond the end of the log, nor for a conversation that was deleted.
 * - No method takes the lock of a conversation.
 *
 * Does not promise:
 * - Durability of a move before the next `flush` has resolved.
 */
export interface MarkerStore {
  /** Throws a `Refusal` UNAVAILABLE if too many markers wait to be written; then none of these has moved. */
  move(moves: readonly MarkerMove[]): void
  /** Shows markers that another node has moved and will write itself. They are evicted after some seconds. */
  learn(moves: readonly MarkerMove[]): void
  /** Resolves when everything moved before is written. If it rejects, the rest is kept for the next call. */
  flush(): Promise<void>
  /**
   * Writes these markers at once, and ends what the users have marked as unread in these conversations. If it rejects, some
   * of the moves may have been written.
   */
  read(moves: readonly MarkerMove[]): Promise<void>
  /** Writes these markers at once. Users who have nothing to do with a thread are left out. */
  readThreads(moves: readonly ThreadMove[]): Promise<void>
}
