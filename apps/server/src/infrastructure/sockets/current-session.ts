import type { Clock } from '@cpc-messenger/messenger'
import type { Session } from '../../services/identity/sign-in.ts'

const secondOf = (instant: number): number => Math.floor(instant / 1000)

/** Whose connection it is: the session of the token that came last. */
export class CurrentSession {
  readonly #clock: Clock
  #session: Session | undefined
  /** The second of the clock in which the token runs out: a small number, at hand for every delivery. */
  #endSecond = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get session(): Session | undefined {
    return this.#session
  }

  begin(session: Session): void {
    this.#session = session
    this.#endSecond = secondOf(session.tokenExpiresAt)
  }

  /** There was a token, and it has run out. */
  get ended(): boolean {
    return this.#session !== undefined && !this.valid
  }

  /** There is a token, and it has not run out. */
  get valid(): boolean {
    const now = this.#clock.now()
    return secondOf(now) < this.#endSecond || (this.#session !== undefined && now < this.#session.tokenExpiresAt)
  }
}
