import type { Instant, UserId } from '@cpc-messenger/messenger'
import { type CryptoKey, SignJWT } from 'jose'
import type { OwnKey } from './own-key.ts'

interface TokenClaims {
  readonly userId: UserId
  readonly issuedAt: Instant
  readonly ttlSeconds: number
  /** The display name. */
  readonly name?: string
}

/** A key, and the fields of a token's header that name it. */
export interface TokenSigner {
  readonly key: CryptoKey | Uint8Array
  readonly header: { readonly alg: 'EdDSA'; readonly kid: string } | { readonly alg: 'HS256' }
}

export const ownSigner = ({ privateKey, kid }: OwnKey): TokenSigner => ({
  key: privateKey,
  header: { alg: 'EdDSA', kid },
})

export const secretSigner = (jwtSecret: string): TokenSigner => ({
  key: new TextEncoder().encode(jwtSecret),
  header: { alg: 'HS256' },
})

/** Signs a token for servers that trust this key. */
export const signToken = (
  { key, header }: TokenSigner,
  { userId, issuedAt, ttlSeconds, name }: TokenClaims,
): Promise<string> => {
  const seconds = Math.floor(issuedAt / 1000)
  return new SignJWT(name === undefined ? {} : { name })
    .setProtectedHeader({ ...header, typ: 'JWT' })
    .setSubject(userId)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + ttlSeconds)
    .sign(key)
}
