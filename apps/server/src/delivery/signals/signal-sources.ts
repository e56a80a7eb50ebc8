import type { Conversation, Presence, UserId } from '@cpc-messenger/messenger'

/** The presence of users, as others see them. */
export interface PresenceSource {
  /** In any order, one for each user. */
  of(userIds: readonly UserId[]): Promise<readonly Presence[]>
  /** Calls `listener` with each change, over all nodes. */
  onChange(listener: (presence: Presence) => void): Disposable
}

/** The markers of one member as other members see them. */
export interface ShownMarkers {
  readonly userId: UserId
  readonly readSequence: number
  readonly deliveredSequence: number
}

/** The markers of all members of a conversation of up to 100. */
export type MarkerSource = (conversation: Conversation) => Promise<readonly ShownMarkers[]>

/** A user whose presence is hidden: unknown, or one who shares no conversation with the viewer. */
export const hiddenPresence = (userId: UserId): Presence => ({
  userId,
  status: 'OFFLINE',
  statusText: null,
  statusExpiresAt: null,
  lastSeenAt: null,
})

/** Whether two presences look the same. */
export const isSamePresence = (one: Presence, other: Presence): boolean =>
  one.status === other.status &&
  one.statusText === other.statusText &&
  one.statusExpiresAt === other.statusExpiresAt &&
  one.lastSeenAt === other.lastSeenAt

export const signalIntervalMs = 250

/** Markers are sent in conversations of up to so many members. */
export const maxMembersOfMarkers = 100

/** Presence is sent in conversations of up to so many members. */
export const maxMembersOfPresence = 5000
