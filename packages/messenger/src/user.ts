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
}

/** Somebody who was named before they ever signed in. */
export const newUser = (id: UserId, at: Instant): User => ({
  id,
  kind: 'PERSON',
  displayName: id,
  avatarUrl: null,
  metadata: null,
  createdAt: at,
  profileAsOf: null,
})
