import type { UserId } from './ids.ts'
import type { Instant } from './values/instant.ts'
import type { Json } from './values/json.ts'

export type UserKind = 'PERSON' | 'BOT'

export interface User {
  readonly id: UserId
  readonly kind: UserKind
  readonly displayName: string
  readonly avatarUrl: string | null
  readonly metadata: Json
  readonly createdAt: Instant
  /** `Identity.profileAsOf` of the token that the profile is from; null without a profile. */
  readonly profileAsOf: Instant | null
  /** The user who named this user before they signed in; null after the first sign-in. */
  readonly namedById: UserId | null
}

/** A user without a profile from a token. */
export const newUser = (id: UserId, at: Instant, namedById: UserId | null = null): User => ({
  id,
  kind: 'PERSON',
  displayName: id,
  avatarUrl: null,
  metadata: null,
  createdAt: at,
  profileAsOf: null,
  namedById,
})
