import type { Clock } from '@cpc-messenger/messenger'
import type { Session } from '../../services/identity/sign-in.ts'

const secondOf = (instant: number): number => Math.floor(instant / 1000)

/** The session of the newest token of a connection, and its expiry. */
export class CurrentSession {
  readonly #clock: Clock
  #session: Session | undefined
  /** The second of the clock in which the token expires: a small integer, which is cheap to compare at every delivery. */
  #endSecond = 0
  #expiryNotified = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get session(): Session | undefined {
    return this.#session
  }

  begin(session: Session): void {
    this.#session = session
    this.#endSecond = secondOf(session.tokenExpiresAt)
    this.#expiryNotified = false
  }

  /** The newest token has expired. */
  get expired(): boolean {
    return this.#session !== undefined && !this.valid
  }

  /** The newest token has not expired. */
  get valid(): boolean {
    const now = this.#clock.now()
    return secondOf(now) < this.#endSecond || (this.#session !== undefined && now < this.#session.tokenExpiresAt)
  }

  /** Returns the session if its token expires within `seconds`; once for each token. */
  takeExpiring(seconds: number): Session | undefined {
    const session = this.#session
    if (session === undefined || this.#expiryNotified) return undefined
    if (this.#clock.now() < session.tokenExpiresAt - seconds * 1000) return undefined
    this.#expiryNotified = true
    return session
  }
}
