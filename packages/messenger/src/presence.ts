import type { UserId } from './ids.ts'
import { badInput } from './refusal.ts'
import type { Instant } from './values/instant.ts'
import { requireLine } from './values/text.ts'

/** What other users see. A user who is connected and invisible is `OFFLINE` here. */
export const presenceStatuses = ['ONLINE', 'AWAY', 'DO_NOT_DISTURB', 'OFFLINE'] as const
export type PresenceStatus = (typeof presenceStatuses)[number]

/** What a user has chosen. AUTOMATIC: by what the user's devices do. */
export const presenceChoices = ['AUTOMATIC', 'AWAY', 'DO_NOT_DISTURB', 'INVISIBLE'] as const
export type PresenceChoice = (typeof presenceChoices)[number]

/** The most characters of a status text. */
export const statusTextLength = 100

/** The most users of one subscription to presence. */
export const presencePerSubscription = 200

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

/** What is stored of a user's presence: what the user has chosen, and when the user was last visibly connected. */
export interface StoredPresence {
  readonly userId: UserId
  readonly choice: PresenceChoice
  readonly statusText: string | null
  readonly statusExpiresAt: Instant | null
  /** When the choice or the text was last changed. Increases with each change; 0 if the user has changed nothing. */
  readonly changedAt: Instant
  /** 0 if the user never was visibly connected. */
  readonly lastSeenAt: Instant
}

/** When a user was last visibly connected. */
export type LastSeen = Pick<StoredPresence, 'userId' | 'lastSeenAt'>

/** A user who has chosen nothing and was never seen. */
export const newPresence = (userId: UserId): StoredPresence => ({
  userId,
  choice: 'AUTOMATIC',
  statusText: null,
  statusExpiresAt: null,
  changedAt: 0,
  lastSeenAt: 0,
})

/** A user who is not connected, or whose presence the viewer may not see. */
export const offline = (userId: UserId, lastSeenAt: Instant | null = null): Presence => ({
  userId,
  status: 'OFFLINE',
  statusText: null,
  statusExpiresAt: null,
  lastSeenAt,
})

/** The status text and its expiry, unless it has expired. */
export const currentStatus = (
  { statusText, statusExpiresAt }: Pick<Presence, 'statusText' | 'statusExpiresAt'>,
  at: Instant,
): Pick<Presence, 'statusText' | 'statusExpiresAt'> =>
  statusExpiresAt !== null && statusExpiresAt <= at
    ? { statusText: null, statusExpiresAt: null }
    : { statusText, statusExpiresAt }

/** What a user sets. */
export interface PresenceUpdate {
  readonly choice: PresenceChoice
  /** Undefined: unchanged. */
  readonly statusText: string | null | undefined
  /** Undefined: unchanged if the text is unchanged, otherwise none. */
  readonly statusExpiresAt: Instant | null | undefined
}

const requireStatusText = (text: string): string =>
  requireLine(text, { field: 'statusText', min: 1, max: statusTextLength })

/** Refuses a text that is too long or not one line, and an expiry that is past or without a text. */
export const updatedPresence = (before: StoredPresence, update: PresenceUpdate, at: Instant): StoredPresence => {
  const current = currentStatus(before, at)
  const statusText = update.statusText === undefined ? current.statusText : update.statusText
  if (typeof update.statusText === 'string') requireStatusText(update.statusText)
  const kept = update.statusText === undefined ? current.statusExpiresAt : null
  const statusExpiresAt = update.statusExpiresAt === undefined ? kept : update.statusExpiresAt
  if (statusExpiresAt !== null && statusExpiresAt <= at)
    throw badInput('statusExpiresAt', 'statusExpiresAt is in the past.')
  if (statusExpiresAt !== null && statusText === null)
    throw badInput('statusExpiresAt', 'statusExpiresAt is given without a status text.')
  const changedAt = Math.max(at, before.changedAt + 1)
  return { ...before, choice: update.choice, statusText, statusExpiresAt, changedAt }
}
