import type { UserId } from '../../ids.ts'
import type { Instant } from '../../values/instant.ts'

/** The user that a token names. */
export interface Identity {
  readonly userId: UserId
  readonly expiresAt: Instant
  /** When the token was issued; 0 if it does not say. */
  readonly issuedAt: Instant
  /** The session of the issuer that the token belongs to (`sid`); undefined if the token has no valid one. */
  readonly sessionId: string | undefined
  /** The `name` and `picture` claims; undefined if the token has no valid one. */
  readonly displayName: string | undefined
  readonly avatarUrl: string | undefined
  /**
   * The profile is taken from the token with the greatest value. It is the time of issue. A token without that time has a
   * lower value than every token with one, and a higher value the later it expires.
   */
  readonly profileAsOf: Instant
  /** The token belongs to an application's server (`scope` contains `messenger:service`). */
  readonly service: boolean
  /** The user of the token is an administrator of this server (`scope` contains `messenger:admin`). */
  readonly administrator: boolean
}

export interface IdentityVerifier {
  /**
   * Rejects with a `Refusal`: TOKEN_EXPIRED for an expired token, UNAUTHENTICATED for every other invalid token, UNAVAILABLE
   * if the issuer's keys cannot be fetched. The message never says which part of a signature is wrong.
   */
  verify(token: string): Promise<Identity>
}
