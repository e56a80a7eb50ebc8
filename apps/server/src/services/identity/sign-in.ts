import {
  badInput,
  forbidden,
  type Identity,
  type IdentityVerifier,
  type Instant,
  parseUserId,
  Refusal,
} from '@cpc-messenger/messenger'
import { hasProfile, type Profile, registerUser } from '../commands/users.ts'
import type { Committer } from '../commit/committer.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import type { Actor } from './actor.ts'

/** Who stands behind a connection or a request, and until when. */
export interface Session {
  readonly actor: Actor
  readonly tokenExpiresAt: Instant
}

/** The address that a token came from; a function where it is only worth finding out once a token is not valid. */
export type From = string | (() => string)

/** Users whose profiles are known to be stored. */
const maxCached = 50_000

/** Older than every token's: the user exists, and nothing is known of a profile. */
const noProfile = Number.NEGATIVE_INFINITY

/**
 * Turns a token into a session. A user whom no token has named before comes to be, and their profile follows the newest of
 * their tokens; what is known to be stored is not looked at again.
 */
export class SignIn {
  readonly #verifier: IdentityVerifier
  readonly #committer: Committer
  /** `profileAsOf` of the newest token of each user that was seen here. */
  readonly #profiles = new Map<string, Instant>()
  readonly #limiter: RateLimiter | undefined

  constructor(verifier: IdentityVerifier, committer: Committer, limiter?: RateLimiter) {
    this.#verifier = verifier
    this.#committer = committer
    this.#limiter = limiter
  }

  /**
   * Rejects with a refusal: UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN for acting on behalf of somebody without a service
   * token, BAD_USER_INPUT for a name that no user can have; RATE_LIMITED in the place of the first two where too many tokens
   * that came `from` this address were not valid. A valid one is never refused for those of others.
   */
  async byToken(token: string, onBehalfOf?: string, from?: From): Promise<Session> {
    const identity = await this.#verify(token, from)
    const { service, expiresAt } = identity
    if (onBehalfOf === undefined) {
      await this.#register(identity)
      return { actor: { userId: identity.userId, service }, tokenExpiresAt: expiresAt }
    }
    if (!service) throw forbidden('Only a service token acts on behalf of somebody.')
    const userId = parseUserId(onBehalfOf)
    if (userId === undefined) throw badInput('onBehalfOf', 'onBehalfOf is not a user id.')
    await this.#register({ userId, displayName: undefined, avatarUrl: undefined, profileAsOf: noProfile })
    return { actor: { userId, service: false }, tokenExpiresAt: expiresAt }
  }

  async #verify(token: string, from: From | undefined): Promise<Identity> {
    try {
      return await this.#verifier.verify(token)
    } catch (error) {
      const failed = error instanceof Refusal && (error.code === 'UNAUTHENTICATED' || error.code === 'TOKEN_EXPIRED')
      if (failed && from !== undefined) this.#limiter?.take('signIns', typeof from === 'string' ? from : from())
      throw error
    }
  }

  async #register({ userId, displayName, avatarUrl, profileAsOf }: Profile): Promise<void> {
    const asOf = hasProfile({ displayName, avatarUrl }) ? profileAsOf : noProfile
    if ((this.#profiles.get(userId) ?? Number.NaN) >= asOf) return
    await this.#committer.run(registerUser, { userId, displayName, avatarUrl, profileAsOf }, { userId, service: false })
    // Others may have signed in while this was stored.
    const known = this.#profiles.get(userId) ?? asOf
    const [oldest] = this.#profiles.keys()
    if (oldest !== undefined && this.#profiles.size >= maxCached) this.#profiles.delete(oldest)
    this.#profiles.set(userId, Math.max(known, asOf))
  }
}
