import type { ConversationKind } from '../conversation.ts'
import type { ViewerState } from '../viewer-state.ts'
import type { ConversationUser } from './member-reader.ts'

/** What is needed to decide whether a user may move a marker, and whether that changes anything. */
export interface MarkerPlace {
  readonly kind: ConversationKind
  readonly lastSequence: number
  readonly memberCount: number
  /** Where the user joined last; null if the user is not a member. */
  readonly joinedSequence: number | null
  readonly state: ViewerState
}

/** Markers include those that were moved and are not written yet (`MarkerStore`). */
export interface ViewerStateReader {
  /** Pairs of which nothing is kept are left out. */
  byPairs(pairs: readonly ConversationUser[]): Promise<readonly ViewerState[]>
  /** Conversations that do not exist, or were deleted, are left out. */
  places(pairs: readonly ConversationUser[]): Promise<readonly MarkerPlace[]>
}
