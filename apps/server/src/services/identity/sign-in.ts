import {
  badInput,
  forbidden,
  type Identity,
  type IdentityVerifier,
  type Instant,
  parseUserId,
  Refusal,
} from '@cpc-messenger/messenger'
import { LruCache } from '../caching/lru-cache.ts'
import { hasProfile, type Profile, registerUser } from '../commands/users.ts'
import type { Committer } from '../commit/committer.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import { type Actor, actorOf } from './actor.ts'

/** The user of a connection or request, and when their token expires. */
export interface Session {
  readonly actor: Actor
  readonly tokenExpiresAt: Instant
  /** The token: its user is not the actor if a service acts for the actor. */
  readonly token: SessionToken
}

export type SessionToken = Pick<Identity, 'userId' | 'sessionId' | 'issuedAt'>

/** The client address of a token, or a function that returns it. It is needed only if the token is not valid. */
export type From = string | (() => string)

/** Most users whose stored profiles are cached. */
const maxCached = 50_000

/** Older than the profile of any token: the user is stored, without a profile. */
const noProfile = Number.NEGATIVE_INFINITY

/**
 * Verifies a token and returns a session. Creates the user on the first token, and updates the profile from newer tokens.
 * Users that are known to be stored are not read again.
 */
export class SignIn {
  readonly #verifier: IdentityVerifier
  readonly #committer: Committer
  /** `profileAsOf` of the newest token of each user that this process has verified. */
  readonly #profiles = new LruCache<string, Instant>(maxCached)
  readonly #limiter: RateLimiter | undefined

  constructor(verifier: IdentityVerifier, committer: Committer, limiter?: RateLimiter) {
    this.#verifier = verifier
    this.#committer = committer
    this.#limiter = limiter
  }

  /**
   * Rejects with a refusal: UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN for `onBehalfOf` without a service token,
   * BAD_USER_INPUT for an invalid user id. RATE_LIMITED replaces the first two if too many tokens from this address were not
   * valid. A valid token is never refused because of other tokens.
   */
  async byToken(token: string, onBehalfOf?: string, from?: From): Promise<Session> {
    const identity = await this.#verify(token, from)
    const { service, administrator, expiresAt } = identity
    const session = { tokenExpiresAt: expiresAt, token: tokenOf(identity) }
    if (onBehalfOf === undefined) {
      await this.#register(identity)
      return { ...session, actor: { userId: identity.userId, service, administrator } }
    }
    if (!service) throw forbidden('Only a service token may act on behalf of another user.')
    const userId = parseUserId(onBehalfOf)
    if (userId === undefined) throw badInput('onBehalfOf', 'onBehalfOf is not a user id.')
    await this.#register({ userId, displayName: undefined, avatarUrl: undefined, profileAsOf: noProfile })
    return { ...session, actor: actorOf(userId) }
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
    await this.#committer.run(registerUser, { userId, displayName, avatarUrl, profileAsOf }, actorOf(userId))
    // The user may have signed in with another token while this profile was stored.
    const known = this.#profiles.get(userId) ?? asOf
    this.#profiles.set(userId, Math.max(known, asOf))
  }
}

const tokenOf = ({ userId, sessionId, issuedAt }: Identity): SessionToken => ({ userId, sessionId, issuedAt })
