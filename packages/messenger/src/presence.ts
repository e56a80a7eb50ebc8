import type { UserId } from './ids.ts'
import type { Instant } from './values/instant.ts'

/** What other users see. A user who is connected and invisible is `OFFLINE` here. */
export const presenceStatuses = ['ONLINE', 'AWAY', 'DO_NOT_DISTURB', 'OFFLINE'] as const
export type PresenceStatus = (typeof presenceStatuses)[number]

/** What a user has chosen. AUTOMATIC: by what the user's devices do. */
export const presenceChoices = ['AUTOMATIC', 'AWAY', 'DO_NOT_DISTURB', 'INVISIBLE'] as const
export type PresenceChoice = (typeof presenceChoices)[number]

/** A user as others see them. While the status is OFFLINE there is no status text: an invisible user looks the same. */
export interface Presence {
  readonly userId: UserId
  readonly status: PresenceStatus
  /** 1 to 100 characters. */
  readonly statusText: string | null
  /** When the text is removed by itself; null: when it is changed. */
  readonly statusExpiresAt: Instant | null
  /** When the user was last visibly connected; null while they are, and if they never were. */
  readonly lastSeenAt: Instant | null
}
