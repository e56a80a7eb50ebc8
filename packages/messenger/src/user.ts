import type { UserId } from './ids.ts'
import type { Instant } from './instant.ts'
import type { Json } from './json.ts'

export type UserKind = 'PERSON' | 'BOT'

export interface User {
  readonly id: UserId
  readonly kind: UserKind
  readonly displayName: string
  readonly avatarUrl: string | null
  readonly metadata: Json
  readonly createdAt: Instant
  /** `Identity.profileAsOf` of the token that made the profile; null while none has. */
  readonly profileAsOf: Instant | null
  /** Who named them before they ever signed in; null once they have. */
  readonly namedById: UserId | null
}

/** Somebody of whom no token has said anything yet. */
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
