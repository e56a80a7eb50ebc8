import type { Instant, UserId } from '@cpc-messenger/messenger'
import { SignJWT } from 'jose'
import type { OwnKey } from './own-key.ts'

export interface TokenClaims {
  readonly userId: UserId
  readonly issuedAt: Instant
  readonly ttlSeconds: number
  /** The display name. */
  readonly name?: string
}

/** A token that whoever holds this key accepts. */
export const signToken = (key: OwnKey, { userId, issuedAt, ttlSeconds, name }: TokenClaims): Promise<string> => {
  const seconds = Math.floor(issuedAt / 1000)
  return new SignJWT(name === undefined ? {} : { name })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'JWT' })
    .setSubject(userId)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + ttlSeconds)
    .sign(key.privateKey)
}
