import type { Instant, Presence, PresenceChoice, UserId } from '@cpc-messenger/messenger'

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

/** Whether two presences look the same. */
export const isSamePresence = (one: Presence, other: Presence): boolean =>
  one.status === other.status &&
  one.statusText === other.statusText &&
  one.statusExpiresAt === other.statusExpiresAt &&
  one.lastSeenAt === other.lastSeenAt

export const signalIntervalMs = 250

/** Presence is sent in conversations of up to so many members. */
export const maxMembersOfPresence = 5000
