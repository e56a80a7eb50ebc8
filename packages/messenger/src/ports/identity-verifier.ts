import type { UserId } from '../ids.ts'
import type { Instant } from '../instant.ts'

/** Whom a token names. */
export interface Identity {
  readonly userId: UserId
  readonly expiresAt: Instant
  /** The `name` and `picture` claims; undefined where the token has none that a profile may hold. */
  readonly displayName: string | undefined
  readonly avatarUrl: string | undefined
  /**
   * Of two tokens of one user the profile is made by the one where this is greater. It is when the token was issued; of a
   * token that does not say when, it is less than of any that does, and greater the later it expires.
   */
  readonly profileAsOf: Instant
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
