import type { UserId } from '../../ids.ts'
import type { StoredPresence } from '../../presence.ts'
import type { Instant } from '../../values/instant.ts'

/** A position in the order of changes: after the change of this user at this instant. */
export interface PresencePlace {
  readonly changedAt: Instant
  readonly userId: string
}

export interface PresenceReader {
  /** Users who have chosen nothing and were never seen are left out. */
  byUsers(userIds: readonly UserId[]): Promise<readonly StoredPresence[]>
  /** Up to `limit` presences whose choice or text was changed after this position, in the order of the changes. */
  changedAfter(place: PresencePlace, limit: number): Promise<readonly StoredPresence[]>
}
