import type { UserId } from './ids.ts'
import type { Instant } from './values/instant.ts'
import type { Json } from './values/json.ts'
import { isLine, isStorable, isVisible, lengthOf } from './values/text.ts'

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
  /** Since when no token of the user is accepted; null if tokens are. */
  readonly deactivatedAt: Instant | null
  /** The user was signed out then: no token that was issued at or before it is accepted. Null if that never happened. */
  readonly tokensValidFrom: Instant | null
  /** The account is one of this server's administrators, without a scope in its token. */
  readonly administrator: boolean
  /** When one of the three properties above changed last, by which nodes find changes. Null if they never did. */
  readonly accountChangedAt: Instant | null
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
  deactivatedAt: null,
  tokensValidFrom: null,
  administrator: false,
  accountChangedAt: null,
})

/** Without white space around it; undefined if the value is not a valid display name. */
export const parseDisplayName = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return undefined
  const name = value.trim()
  if (name.length > 200 || lengthOf(name) > 100) return undefined
  return isStorable(name) && isVisible(name) && isLine(name) ? name : undefined
}

/** The normal form of the URL; undefined if the value is not the http or https URL of a picture. */
export const parseAvatarUrl = (value: unknown): string | undefined => {
  if (typeof value !== 'string' || value.length > 2048 || !isLine(value)) return undefined
  const url = URL.parse(value)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  // Everyone can read a profile, so credentials in the picture's URL would be public.
  if (url.username !== '' || url.password !== '') return undefined
  return url.href.length <= 2048 ? url.href : undefined
}
