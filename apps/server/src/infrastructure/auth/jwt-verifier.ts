import { type Clock, type Identity, type IdentityVerifier, Refusal, tokenExpired } from '@cpc-messenger/messenger'
import {
  type CryptoKey,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose'
import { hasCompactForm } from './compact-form.ts'
import { IdentityCache } from './identity-cache.ts'
import { identityOf, leewaySeconds } from './identity-claims.ts'
import type { OwnKey } from './own-key.ts'

export interface JwtVerifierOptions {
  readonly clock: Clock
  readonly ownKey: OwnKey
  /** Accepts HS256 tokens that are signed with this secret, too. */
  readonly jwtSecret: string | undefined
  /** Required of tokens that are signed with the secret. */
  readonly issuer: string | undefined
  readonly audience: string | undefined
  /** Verified tokens in the cache. */
  readonly cacheSize?: number
}

const tokenBytes = 8192

const notValid = (cause?: unknown): Refusal => new Refusal('UNAUTHENTICATED', 'The token is not valid.', {}, { cause })

const headerOf = (token: string): ProtectedHeaderParameters => {
  try {
    return decodeProtectedHeader(token)
  } catch (cause) {
    throw notValid(cause)
  }
}

/** Imported once; given bytes, the library would import them for each token. */
const hmacKey = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])

interface Check {
  readonly key: CryptoKey | Promise<CryptoKey>
  readonly options: JWTVerifyOptions
}

/**
 * Verifies tokens that are signed with the server's own key or with the secret. Each algorithm is tied to one key, so that
 * the bytes of one key are never used as a key of another algorithm.
 */
export class JwtVerifier implements IdentityVerifier {
  readonly #clock: Clock
  readonly #own: { readonly kid: string } & Check
  readonly #secret: Check | undefined
  readonly #verified: IdentityCache

  constructor({ clock, ownKey, jwtSecret, issuer, audience, cacheSize = 10_000 }: JwtVerifierOptions) {
    this.#clock = clock
    this.#own = { kid: ownKey.kid, key: ownKey.publicKey, options: { algorithms: ['EdDSA'] } }
    this.#secret =
      jwtSecret === undefined
        ? undefined
        : {
            key: hmacKey(jwtSecret),
            options: {
              algorithms: ['HS256'],
              ...(issuer === undefined ? {} : { issuer }),
              ...(audience === undefined ? {} : { audience }),
            },
          }
    this.#verified = new IdentityCache(cacheSize)
  }

  async verify(token: string): Promise<Identity> {
    if (token.length > tokenBytes) throw notValid()
    const known = this.#verified.find(token)
    if (known === undefined) return this.#verify(token)
    if (known.expiresAt > this.#clock.now()) return known
    this.#verified.forget(token)
    throw tokenExpired()
  }

  async #verify(token: string): Promise<Identity> {
    if (!hasCompactForm(token)) throw notValid()
    const now = this.#clock.now()
    const identity = identityOf(await this.#claimsOf(token, now), now)
    if (identity === undefined) throw notValid()
    if (identity.expiresAt <= now) throw tokenExpired()
    this.#verified.remember(token, identity)
    return identity
  }

  /** The claims of a valid token, or of one that was valid and has expired. */
  async #claimsOf(token: string, now: number): Promise<JWTPayload> {
    const check = this.#checkFor(headerOf(token))
    if (check === undefined) throw notValid()
    try {
      // jose applies the leeway to `exp` as well as `nbf`; the caller checks `exp` again without it.
      const options = {
        ...check.options,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(now),
        clockTolerance: leewaySeconds,
      }
      const { payload } = await jwtVerify(token, await check.key, options)
      return payload
    } catch (error) {
      if (error instanceof errors.JWTExpired) return error.payload
      if (error instanceof errors.JOSEError) throw notValid(error)
      throw error
    }
  }

  #checkFor({ alg, kid }: ProtectedHeaderParameters): Check | undefined {
    if (alg === 'HS256') return this.#secret
    return alg === 'EdDSA' && kid === this.#own.kid ? this.#own : undefined
  }
}
