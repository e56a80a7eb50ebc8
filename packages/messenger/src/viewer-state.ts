import type { ConversationId, UserId } from './ids.ts'
import type { Instant } from './values/instant.ts'

export const notificationLevels = ['ALL', 'MENTIONS', 'NONE'] as const
export type NotificationLevel = (typeof notificationLevels)[number]

/** Positions of one user in one log. They only move forward, so of two values the greater one is valid. */
export interface Markers {
  /** The user has read everything up to it. */
  readonly readSequence: number
  /** Everything up to it has reached a device of the user. Reading delivers too. */
  readonly deliveredSequence: number
  /** What other members are shown of both: they do not move while the user is invisible. */
  readonly shownReadSequence: number
  readonly shownDeliveredSequence: number
}

/** What one user keeps of one conversation. It is kept when the user leaves. A user without a row has `newViewerState`. */
export interface ViewerState extends Markers {
  readonly conversationId: ConversationId
  readonly userId: UserId
  /** Where the user has marked the conversation unread: their own counts start after it. Null if they have not. */
  readonly markedUnreadFrom: number | null
  readonly notifications: NotificationLevel
  readonly archivedAt: Instant | null
  readonly pinnedAt: Instant | null
}

export const noMarkers: Markers = {
  readSequence: 0,
  deliveredSequence: 0,
  shownReadSequence: 0,
  shownDeliveredSequence: 0,
}

export const newViewerState = (of: Pick<ViewerState, 'conversationId' | 'userId'>): ViewerState => ({
  conversationId: of.conversationId,
  userId: of.userId,
  ...noMarkers,
  markedUnreadFrom: null,
  notifications: 'ALL',
  archivedAt: null,
  pinnedAt: null,
})

/** The greater of each marker. */
export const laterMarkers = (one: Markers, other: Markers): Markers => ({
  readSequence: Math.max(one.readSequence, other.readSequence),
  deliveredSequence: Math.max(one.deliveredSequence, other.deliveredSequence),
  shownReadSequence: Math.max(one.shownReadSequence, other.shownReadSequence),
  shownDeliveredSequence: Math.max(one.shownDeliveredSequence, other.shownDeliveredSequence),
})

/** Whether `to` moves any marker of `from`. */
export const movesMarkers = (from: Markers, to: Markers): boolean =>
  to.readSequence > from.readSequence ||
  to.deliveredSequence > from.deliveredSequence ||
  to.shownReadSequence > from.shownReadSequence ||
  to.shownDeliveredSequence > from.shownDeliveredSequence
