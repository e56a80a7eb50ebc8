import type { UserId } from '../ids.ts'
import type { Instant } from '../instant.ts'

/** Whom a token names. */
export interface Identity {
  readonly userId: UserId
  readonly expiresAt: Instant
  /** The `name` and `picture` claims; undefined where the token has none. */
  readonly displayName: string | undefined
  readonly avatarUrl: string | undefined
  /** The token is of an application's own server (`scope` holds `messenger:service`). */
  readonly service: boolean
}

export interface IdentityVerifier {
  /**
   * Rejects with a `Refusal`: TOKEN_EXPIRED for a token that was valid and ran out, UNAUTHENTICATED for every other that
   * is not valid, UNAVAILABLE where an issuer's keys cannot be fetched. It never says which part of a signature failed.
   */
  verify(token: string): Promise<Identity>
}
