import type { Conversation, Instant, Presence, PresenceChoice, UserId } from '@cpc-messenger/messenger'

/** The presence of users, as others see them. */
export interface PresenceSource {
  /** In any order, one for each user. */
  of(userIds: readonly UserId[]): Promise<readonly Presence[]>
  /** Calls `listener` with each change, over all nodes. */
  onChange(listener: (presence: Presence) => void): Disposable
}

/** What a user has chosen, as only the user's own devices see it. */
export interface ViewerStatus {
  readonly presenceChoice: PresenceChoice
  readonly statusText: string | null
  readonly statusExpiresAt: Instant | null
}

/** The markers of one member as other members see them. */
export interface ShownMarkers {
  readonly userId: UserId
  readonly readSequence: number
  readonly deliveredSequence: number
}

/** The markers of all members of a conversation of up to 100. */
export type MarkerSource = (conversation: Conversation) => Promise<readonly ShownMarkers[]>

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
