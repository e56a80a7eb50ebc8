import { type Clock, forbidden } from '@cpc-messenger/messenger'
import { tokenExpiringSeconds } from '@cpc-messenger/protocol'
import type { Session, SignIn } from '../../services/identity/sign-in.ts'
import { CurrentSession } from '../sockets/current-session.ts'

export interface Credentials {
  readonly token: string
  readonly onBehalfOf: string | undefined
}

/** Whose connection this is, and until when. */
export class Authentication {
  readonly #signIn: SignIn
  readonly #clock: Clock
  readonly #current: CurrentSession
  /** What failed sign-ins are counted under. */
  from: string | undefined
  #expiringTold = false

  constructor(signIn: SignIn, clock: Clock) {
    this.#signIn = signIn
    this.#clock = clock
    this.#current = new CurrentSession(clock)
  }

  get session(): Session | undefined {
    return this.#current.session
  }

  /** The first token makes the session, later ones renew it. Rejects with a refusal; what stood before stands then. */
  async authenticate({ token, onBehalfOf }: Credentials): Promise<Session> {
    const session = await this.#signIn.byToken(token, onBehalfOf, this.from)
    if (this.session !== undefined && this.session.actor.userId !== session.actor.userId)
      throw forbidden('This connection is of another user: open a new one.')
    this.#current.begin(session)
    this.#expiringTold = false
    return session
  }

  /** There was a valid token, and it has run out. */
  get ended(): boolean {
    return this.#current.ended
  }

  /** The session whose token runs out soon, once for each token. */
  takeExpiring(): Session | undefined {
    const { session } = this
    if (session === undefined || this.#expiringTold) return undefined
    if (this.#clock.now() < session.tokenExpiresAt - tokenExpiringSeconds * 1000) return undefined
    this.#expiringTold = true
    return session
  }
}
