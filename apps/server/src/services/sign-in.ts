import { badInput, forbidden, type IdentityVerifier, type Instant, parseUserId } from '@cpc-messenger/messenger'
import type { Actor } from './actor.ts'
import type { Committer } from './committer.ts'
import { registerUser } from './users.ts'

/** Who stands behind a connection or a request, and until when. */
export interface Session {
  readonly actor: Actor
  readonly tokenExpiresAt: Instant
}

/** Profiles that are known to be stored. */
const remembered = 50_000

/**
 * Turns a token into a session. A user whom no token has named before comes to be, and their profile follows the token's;
 * a profile that was stored lately is not written again.
 */
export class SignIn {
  readonly #verifier: IdentityVerifier
  readonly #committer: Committer
  readonly #profiles = new Map<string, string>()

  constructor(verifier: IdentityVerifier, committer: Committer) {
    this.#verifier = verifier
    this.#committer = committer
  }

  /**
   * Rejects with a refusal: UNAUTHENTICATED, TOKEN_EXPIRED, FORBIDDEN for acting on behalf of somebody without a service
   * token, BAD_USER_INPUT for a name that no user can have.
   */
  async byToken(token: string, onBehalfOf?: string): Promise<Session> {
    const identity = await this.#verifier.verify(token)
    const { service, expiresAt } = identity
    if (onBehalfOf === undefined) {
      await this.#register(identity)
      return { actor: { userId: identity.userId, service }, tokenExpiresAt: expiresAt }
    }
    if (!service) throw forbidden('Only a service token acts on behalf of somebody.')
    const userId = parseUserId(onBehalfOf)
    if (userId === undefined) throw badInput('onBehalfOf', 'onBehalfOf is not a user id.')
    await this.#register({ userId, displayName: undefined, avatarUrl: undefined })
    return { actor: { userId, service: false }, tokenExpiresAt: expiresAt }
  }

  async #register(profile: Parameters<typeof registerUser.needs>[0]): Promise<void> {
    const { userId, displayName, avatarUrl } = profile
    const text = JSON.stringify([displayName, avatarUrl])
    if (this.#profiles.get(userId) === text) return
    await this.#committer.run(registerUser, { userId, displayName, avatarUrl }, { userId, service: false })
    const [oldest] = this.#profiles.keys()
    if (oldest !== undefined && this.#profiles.size >= remembered) this.#profiles.delete(oldest)
    this.#profiles.set(userId, text)
  }
}
