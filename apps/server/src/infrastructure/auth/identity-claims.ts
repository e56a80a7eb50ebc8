import { type Identity, type Instant, parseAvatarUrl, parseDisplayName, parseUserId } from '@cpc-messenger/messenger'
import type { JWTPayload } from 'jose'

/** How far the issuer's clock may be ahead of our own. */
export const leewaySeconds = 60

/** Ten years. An expiry beyond that is a mistake, such as milliseconds in place of seconds. */
const maxLifetimeMs = 3653 * 86_400_000

/** The last instant that a `Date` can represent. */
const endOfTime: Instant = 8.64e15

const holdsScope = (claim: unknown, scope: string): boolean =>
  typeof claim === 'string' && claim.split(' ').includes(scope)

/** A longer one is none: sessions are kept by their ids. */
const maxSessionIdLength = 255

/** The printable characters of ASCII. */
const sessionIdForm = /^[\x21-\x7e]+$/

const sessionIdOf = (claim: unknown): string | undefined =>
  typeof claim === 'string' && claim.length <= maxSessionIdLength && sessionIdForm.test(claim) ? claim : undefined

/** See `Identity.profileAsOf`. */
const profileAsOf = (iat: number | undefined, expiresAt: Instant): Instant =>
  iat === undefined ? expiresAt - endOfTime : Math.max(0, Math.floor(iat * 1000))

/** The identity in verified claims; undefined if the user or the expiry is missing or a time is invalid. */
export const identityOf = (
  { sub, exp, iat, sid, name, picture, scope }: JWTPayload,
  now: Instant,
): Identity | undefined => {
  const userId = typeof sub === 'string' ? parseUserId(sub) : undefined
  if (userId === undefined || typeof exp !== 'number' || exp * 1000 > now + maxLifetimeMs) return undefined
  if (iat !== undefined && !(iat <= now / 1000 + leewaySeconds)) return undefined
  const expiresAt = Math.max(0, Math.floor(exp * 1000))
  return {
    userId,
    expiresAt,
    issuedAt: Math.max(0, Math.floor((iat ?? 0) * 1000)),
    sessionId: sessionIdOf(sid),
    profileAsOf: profileAsOf(iat, expiresAt),
    displayName: parseDisplayName(name),
    avatarUrl: parseAvatarUrl(picture),
    service: holdsScope(scope, 'messenger:service'),
    administrator: holdsScope(scope, 'messenger:admin'),
  }
}
