import {
  type Identity,
  type Instant,
  isLine,
  isStorable,
  isVisible,
  lengthOf,
  parseUserId,
} from '@cpc-messenger/messenger'
import type { JWTPayload } from 'jose'

/** The last instant that a date can name. */
const endOfTime: Instant = 8.64e15

const displayNameOf = (claim: unknown): string | undefined => {
  if (typeof claim !== 'string') return undefined
  const name = claim.trim()
  if (name.length > 200 || lengthOf(name) > 100) return undefined
  return isStorable(name) && isVisible(name) && isLine(name) ? name : undefined
}

const avatarUrlOf = (claim: unknown): string | undefined => {
  if (typeof claim !== 'string' || claim.length > 2048 || !isLine(claim)) return undefined
  const url = URL.parse(claim)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  // A profile is told to everybody: what its picture's URL carries is no secret any more.
  if (url.username !== '' || url.password !== '') return undefined
  return url.href.length <= 2048 ? url.href : undefined
}

const holdsScope = (claim: unknown, scope: string): boolean =>
  typeof claim === 'string' && claim.split(' ').includes(scope)

/** What verified claims say; undefined where they name nobody, or no end. */
export const identityOf = ({ sub, exp, name, picture, scope }: JWTPayload): Identity | undefined => {
  const userId = typeof sub === 'string' ? parseUserId(sub) : undefined
  if (userId === undefined || typeof exp !== 'number') return undefined
  return {
    userId,
    expiresAt: Math.min(Math.floor(exp * 1000), endOfTime),
    displayName: displayNameOf(name),
    avatarUrl: avatarUrlOf(picture),
    service: holdsScope(scope, 'messenger:service'),
  }
}
